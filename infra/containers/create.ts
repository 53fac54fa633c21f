/** One container of a job: from what the file says to one that is started. */
import type Docker from 'dockerode';
import { engineCall, engineFind, engineMake, engineSays, statusOf } from '../docker/engineCall.js';
import { InvalidInputError, PermanentError, TransientError } from '../errors.js';
import { splitWords } from '../uses/words.js';
import { waitFor } from '../wait.js';
import { parseOptions } from './options.js';
import { mountRequest, volumeRequest, workspaceInside, type Mount } from './mounts.js';
import { labelsOf, nameOf, type Role } from './identity.js';
import { portRequest } from './ports.js';
import { ensureImage } from './pull.js';
import type { EvaluatedContainer, JobContainersRequest } from './types.js';

const APPEAR_MS = 30_000;

export interface CreateRequest {
  readonly job: JobContainersRequest;
  readonly docker: Docker;
  readonly role: Role;
  readonly container: EvaluatedContainer;
  /** The id of the job's network. */
  readonly network: string;
  /** Of the job's container. @default none */
  readonly mounts?: readonly Mount[];
}

/** @returns the container's id; of one that is there already, that one's @throws InvalidInputError, PermanentError, TransientError */
export async function startContainer(request: CreateRequest): Promise<string> {
  const { job, docker, role, container } = request;
  const name = nameOf(job, role);
  const options = createOptions(request);
  const call = { signal: job.signal };
  const known = await engineFind(`look for the ${role}`, () => docker.getContainer(name).inspect(), call);
  if (!known) {
    const { credentials } = container;
    await ensureImage(docker, imageOf(container), { ...(credentials ? { credentials } : {}), log: job.log, signal: job.signal });
  }
  const id = known?.Id ?? await create(docker, name, options, request);
  await start(docker, id, request);
  return id;
}

async function create(docker: Docker, name: string, options: Docker.ContainerCreateOptions, { role, job }: CreateRequest): Promise<string> {
  try {
    const { id } = await engineMake(`create the ${role}`, (abortSignal) => docker.createContainer({ ...options, abortSignal }), { signal: job.signal });
    return id;
  } catch (error) {
    // Another worker was first.
    if (statusOf(error) !== 409 || !engineSays(error).includes('already in use')) throw error;
    return whoseName(docker, name, role, job.signal);
  }
}

/** A name is taken a moment before its container is there. */
async function whoseName(docker: Docker, name: string, role: Role, signal: AbortSignal | undefined): Promise<string> {
  const found = await waitFor(() => engineFind(`look for the ${role}`, () => docker.getContainer(name).inspect(), { signal }), { timeoutMs: APPEAR_MS, signal });
  if (found) return found.Id;
  throw new TransientError(`the name ${name} is taken, and no container with it is there`);
}

/** Safe to repeat. What the engine says of a program, a user, a port that it cannot have stays so. */
async function start(docker: Docker, id: string, { role, job: { mask, signal } }: CreateRequest): Promise<void> {
  try {
    await engineCall(`start the ${role}`, (abortSignal) => docker.getContainer(id).start({ abortSignal } as object), { signal });
  } catch (error) {
    const status = statusOf(error);
    // It runs.
    if (status === 304) return;
    if (status === undefined || status === 409) throw error;
    const said = mask((error as Error).message.split('\n')[0]!);
    throw new PermanentError(said, 'Mend what the file says of it: image, entrypoint, command, ports, volumes, options.', { cause: error });
  }
}

/** @throws InvalidInputError for options, ports or volumes that are none */
export function createOptions({ job, role, container, network, mounts = [] }: Omit<CreateRequest, 'docker'>): Docker.ContainerCreateOptions {
  const draft = parseOptions(container.options);
  const ports = portRequest([...container.ports, ...draft.ports], draft.exposed);
  const volumes = volumeRequest([...container.volumes, ...draft.volumes]);
  const isJob = role === 'container';
  const service = role.replace(/^service /, '');
  const variables = { ...(isJob ? { HOME: '/github/home', GITHUB_ACTIONS: 'true', CI: 'true' } : {}), ...container.env };
  const { entrypoint, command } = isJob ? { entrypoint: ['tail'], command: ['-f', '/dev/null'] } : commandOf(container, draft.entrypoint);
  return {
    ...draft.config,
    name: nameOf(job, role),
    Image: imageOf(container),
    Labels: { ...draft.labels, ...labelsOf(job, role) },
    Env: [...Object.entries(variables).map(([name, value]) => `${name}=${value}`), ...draft.env],
    ...(isJob ? { WorkingDir: workspaceInside(job.folders) } : {}),
    ...(entrypoint ? { Entrypoint: [...entrypoint] } : {}),
    ...(command ? { Cmd: [...command] } : {}),
    ...(Object.keys(draft.health).length > 0 ? { Healthcheck: draft.health } : {}),
    ExposedPorts: ports.ExposedPorts,
    Volumes: volumes.Volumes,
    HostConfig: {
      ...draft.host, NetworkMode: network, Binds: volumes.Binds, Mounts: mountRequest(mounts),
      PortBindings: ports.PortBindings as unknown as Docker.PortMap,
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [...(isJob ? [] : [service]), ...draft.aliases] } } },
  };
}

/** An entrypoint that is given takes the image's command away, as with Docker's own command line. */
function commandOf({ entrypoint, command }: EvaluatedContainer, fromOptions: readonly string[] | undefined) {
  const words = entrypoint ? splitWords(entrypoint) : fromOptions;
  return { entrypoint: words, command: command ? splitWords(command) : undefined };
}

/** `docker://` may stand before it, as on GitHub. @throws InvalidInputError for one that is none */
export function imageOf({ image }: Pick<EvaluatedContainer, 'image'>): string {
  const name = image.trim().replace(/^docker:\/\//i, '');
  if (name !== '' && !/[\s\0]/.test(name) && !name.startsWith('-')) return name;
  throw new InvalidInputError(`image: ${JSON.stringify(image)} is no image`, 'Say its name: `debian:12`, `registry.example/team/image:tag`.');
}
