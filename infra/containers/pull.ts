/** Gets the image of a container where the engine does not have it. */
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { followProgress, imageId, progressLine } from '../docker/client.js';
import { engineCall, statusOf } from '../docker/engineCall.js';
import { PermanentError } from '../errors.js';
import type { EvaluatedContainer } from './types.js';

export interface PullOptions {
  readonly credentials?: EvaluatedContainer['credentials'];
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** As GitHub's runner. */
const TRIES = 3;
const PAUSE_MS = 1000;
/** Until the engine begins to answer. */
const BEGIN_MS = 120_000;

/**
 * The password goes to the engine in a header (X-Registry-Auth), to no command line.
 * @throws PermanentError when the registry does not give it
 */
export async function ensureImage(docker: Docker, image: string, { credentials, log, signal }: PullOptions): Promise<void> {
  if (await imageId(docker, image, { signal }) !== undefined) return;
  log(`Pulling ${image}`);
  for (let tries = 1; ; tries += 1) {
    try {
      await pull(docker, image, { credentials, log, signal });
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (tries >= TRIES || isRefused(error)) throw notPulled(image, credentials !== undefined, error);
      log(`${(error as Error).message.split('\n')[0]}; trying again`);
      await delay(PAUSE_MS * tries, undefined, signal ? { signal } : {});
    }
  }
}

async function pull(docker: Docker, image: string, { credentials, log, signal }: PullOptions): Promise<void> {
  const authconfig = credentials && { ...credentials, serveraddress: registryOf(image) };
  const name = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
  const stream = await engineCall(`pull ${image}`, (abortSignal) => docker.pull(name, { ...(authconfig ? { authconfig } : {}), abortSignal }), { signal, timeoutMs: BEGIN_MS });
  await followProgress(stream, (message) => {
    const line = progressLine(message);
    if (line !== undefined) log(line);
  }, signal);
}

/** The host in front of the name; without one it is Docker's own registry. @see https://pkg.go.dev/github.com/distribution/reference */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'https://index.docker.io/v1/';
}

function isRefused(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && [400, 401, 403, 404].includes(status);
}

function notPulled(image: string, hasCredentials: boolean, cause: unknown): PermanentError {
  const said = (cause as Error).message.split('\n')[0]!.replace(/^could not pull [^:]*(?::\S+)?: /, '');
  const remedy = hasCredentials
    ? 'Check its name, the credentials, and that the registry can be reached; an image that `docker image ls` shows is used as it is.'
    : 'Check its name and that the registry can be reached, and give `credentials:` for a private one; an image that `docker image ls` shows is used as it is.';
  return new PermanentError(`the image ${image} is not here and cannot be pulled: ${said}`, remedy, { cause });
}
