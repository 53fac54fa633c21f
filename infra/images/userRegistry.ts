/**
 * A registry that the user names, in the place of the cluster's own. Its password is in this process alone: engines get it in a header of each request,
 * also those of the machines, through their sockets. It stands in no argument list, file, history or log.
 */
import type Docker from 'dockerode';
import { followProgress, progressLine, StreamError, tagImage, untagImage } from '../docker/client.js';
import { engineCall, engineFind } from '../docker/engineCall.js';
import { InvalidInputError, PermanentError } from '../errors.js';
import type { ProgressListener } from '../progressListener.js';
import type { ProviderSettings } from '../provider.js';
import type { Secret } from '../secret.js';
import { type ImageName, machinesReference, repository } from './catalogue.js';
import type { PublishedDigest } from './publishImages.js';

export interface UserRegistry {
  /** `registry.example:5000/team`: what stands before `/fleetwright/web`. */
  readonly address: string;
  /** Empty for one without a login. */
  readonly username: string;
  readonly password?: Secret | undefined;
}

export interface RegistryCall {
  readonly onProgress: ProgressListener;
  readonly signal: AbortSignal;
}

/** The secret with its password. */
export const REGISTRY_PASSWORD = 'REGISTRY_PASSWORD';

const ADDRESS = /^[a-z\d](?:[a-z\d.-]*[a-z\d])?(?::\d{1,5})?(?:\/[a-z\d]+(?:[._-]+[a-z\d]+)*)*$/;
const MOVE_MS = 600_000;

/**
 * The settings `registry` and `registry-user`; undefined where no registry is named.
 * @throws InvalidInputError for an address that is none, and for a user without a password
 */
export async function userRegistry(settings: ProviderSettings, secret: (name: string) => Promise<Secret | undefined>): Promise<UserRegistry | undefined> {
  const [address, username] = [(settings['registry'] ?? '').trim(), (settings['registry-user'] ?? '').trim()];
  if (address === '') return undefined;
  if (!ADDRESS.test(address)) throw new InvalidInputError(`the registry ${JSON.stringify(address.slice(0, 200))} is no address`, 'Give HOST[:PORT][/PATH], without https:// and in lower case: registry.example:5000/team.');
  if (username === '') return { address, username };
  const password = await secret(REGISTRY_PASSWORD);
  if (password) return { address, username, password };
  throw new InvalidInputError(`the registry ${address} wants a password for ${username}, and there is none`, `Give it as the secret ${REGISTRY_PASSWORD}: FLEETWRIGHT_SECRET_${REGISTRY_PASSWORD} in the environment, or a settings file.`);
}

/**
 * Pushes the images as `ADDRESS/fleetwright/<name>:latest`; what the registry has already is not sent again.
 * @throws PermanentError for a refused login, and for an image that has not been built; TransientError for all else
 */
export async function pushToRegistry(docker: Docker, registry: UserRegistry, names: readonly ImageName[], { onProgress, signal }: RegistryCall): Promise<readonly PublishedDigest[]> {
  const pushed: PublishedDigest[] = [];
  for (const name of names) {
    const local = await engineFind(`look for the image ${repository(name)}`, () => docker.getImage(`${repository(name)}:latest`).inspect(), { signal });
    if (!local) throw new PermanentError(`the image ${repository(name)} is not on the engine`, 'Build it first: the build-images action does.');
    const there = referenceIn(registry, name);
    await tagImage(docker, local.Id, there, 'latest', { signal });
    try {
      await move(`push ${there}`, registry, (authconfig, abortSignal) => docker.getImage(`${there}:latest`).push({ authconfig, abortSignal } as Docker.ImagePushOptions), name, { onProgress, signal });
    } finally {
      await untagImage(docker, `${there}:latest`);
    }
    pushed.push({ name, id: local.Id });
  }
  return pushed;
}

/** Has a machine's engine pull the image, which then has the name that the units know. @throws as `pushToRegistry` */
export async function pullFromRegistry(docker: Docker, registry: UserRegistry, name: ImageName, call: RegistryCall): Promise<void> {
  const there = referenceIn(registry, name);
  // The login apart: among the options it would become a part of the request's address.
  await move(`pull ${there}`, registry, (login, abortSignal) => docker.createImage(login, { fromImage: there, tag: 'latest', abortSignal }) as unknown as Promise<NodeJS.ReadableStream>, name, call);
  await tagImage(docker, `${there}:latest`, machinesReference(name), 'latest', call);
  await untagImage(docker, `${there}:latest`, call);
}

function referenceIn({ address }: UserRegistry, name: ImageName): string {
  return `${address}/${repository(name)}`;
}

type Login = { readonly username?: string; readonly password?: string; readonly serveraddress?: string };

async function move(what: string, registry: UserRegistry, start: (login: Login, abortSignal: AbortSignal) => Promise<NodeJS.ReadableStream>, name: ImageName, { onProgress, signal }: RegistryCall): Promise<void> {
  const { address, username, password } = registry;
  const login = password ? { username, password: password.reveal(), serveraddress: address.split('/', 1)[0]! } : {};
  try {
    const stream = await engineCall(what, (abortSignal) => start(login, abortSignal), { signal, timeoutMs: MOVE_MS });
    await followProgress(stream, (message) => {
      const line = progressLine(message);
      if (line) onProgress(`${name}: ${line}`);
    }, signal);
  } catch (error) {
    signal.throwIfAborted();
    const { message } = error as Error;
    if (!/unauthorized|authentication required|no basic auth|denied/i.test(message)) throw error instanceof StreamError ? new StreamError(`could not ${what}: ${message}`, { cause: error }) : error;
    throw new PermanentError(`could not ${what}: the registry says ${message.split('\n', 1)[0]}`, `Check the inputs registry and registry-user, and the secret ${REGISTRY_PASSWORD}.`, { cause: error });
  }
}
