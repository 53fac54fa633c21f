/**
 * A job's containers: its network, its services, and the container in which its steps run.
 *
 * Owns: their order and their names. Does not own: evaluating what the file says, starting a step's process (`infra/script`).
 * 1. Asked again, by the next segment or by a new worker, it finds what is there and makes nothing twice.
 * 2. What it makes carries the labels of run, job and attempt: `endJobContainers` finds it without whoever made it.
 */
import { posix } from 'node:path';
import type Docker from 'dockerode';
import { engineCall, engineFind, engineMake, statusOf } from '../docker/engineCall.js';
import { findProgram } from '../docker/hostCommand.js';
import { PermanentError } from '../errors.js';
import { withLock } from '../lock.js';
import { MARKER } from '../script/environment.js';
import { createOptions, imageOf, startContainer } from './create.js';
import { endJobContainers } from './end.js';
import { addressOf, socketOf } from './engine.js';
import { awaitService, requireRunning } from './health.js';
import { labelFilter, labelsOf, nameOf, type Role } from './identity.js';
import { jobMounts, type Mount } from './mounts.js';
import { readNote, removeNote, writeNote, type ReadyNote } from './note.js';
import { portsOf } from './ports.js';
import { KILL } from './programs.js';
import type { ContainersContext, EvaluatedContainer, JobContainers, JobContainersRequest } from './types.js';
import { translate, wrapProcess, type WrapParts } from './wrap.js';

/** The engine's default, for images that name none. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const STOP_MS = 30_000;
/** As long as pulling large images may take. */
const LOCK_MS = 60 * 60_000;

const NONE: JobContainers = {
  context: { services: {} }, translate: (path) => path, wrap: (process) => process, stop: async () => undefined, end: async () => undefined,
};

/**
 * @throws InvalidInputError for what the file says wrong; PermanentError where there is no engine, an image cannot be pulled, or a service is
 *   unhealthy, with its last lines; TransientError when the engine does not answer
 */
export async function openJobContainers(given: JobContainersRequest): Promise<JobContainers> {
  const request = prepared(given);
  const services = Object.entries(request.services).filter(([, { image }]) => isThere(image));
  const container = request.container && isThere(request.container.image) ? request.container : undefined;
  if (!container && services.length === 0) return NONE;
  checkAll(request, container, services);
  const docker = await request.docker();
  const engine = addressOf(docker);
  const mounts = container ? await jobMounts({ ...request, socket: localSocket(engine) }) : [];
  const { attempt = 1 } = request;
  const note = await oneAtATime(request, async () => {
    const known = await readNote(request.folders, attempt);
    if (known) return goOn(docker, known, request);
    const made = await startOrRemove({ docker, request, container, services, mounts });
    await writeNote(request.folders, made);
    return made;
  });
  return handle({ docker, engine, request, note, mounts, program: request.byCommand === false ? undefined : await findProgram('docker') });
}

/** The engine lets two networks have one name, so of two workers that open the same job one waits for the other. */
function oneAtATime<T>({ folders, log, signal }: JobContainersRequest, work: () => Promise<T>): Promise<T> {
  const onWait = (pid: number): void => log(`Waiting for process ${pid}, which starts the job's containers`);
  return withLock(posix.join(posix.dirname(folders.steps), 'containers.lock'), work, { timeoutMs: LOCK_MS, signal, onWait });
}

/** What the engine and the file say passes the mask before it is seen; either signal ends a call. */
function prepared(request: JobContainersRequest): Request {
  const { signal, letGo, log, mask } = request;
  const either = [signal, letGo].filter((one) => one !== undefined);
  return { ...request, log: (line) => log(mask(line)), over: () => signal?.aborted === true, signal: either.length === 0 ? undefined : AbortSignal.any(either) };
}

interface Request extends JobContainersRequest {
  /** Whether the job is over, and not only let go of. */
  readonly over: () => boolean;
}

function isThere(image: string): boolean {
  return image.trim().replace(/^docker:\/\//i, '') !== '';
}

type Services = readonly (readonly [string, EvaluatedContainer])[];

/** Before anything is made. */
function checkAll(job: JobContainersRequest, container: EvaluatedContainer | undefined, services: Services): void {
  const all: (readonly [Role, EvaluatedContainer])[] = services.map(([name, service]) => [`service ${name}`, service] as const);
  if (container) all.push(['container', container]);
  for (const [role, each] of all) {
    imageOf(each);
    createOptions({ job, role, container: each, network: nameOf(job, 'network') });
  }
}

/** Its folders are the host's own. @throws PermanentError for an engine elsewhere */
function localSocket(engine: string): string {
  const socket = socketOf(engine);
  if (socket !== undefined) return socket;
  throw new PermanentError(`a job's container sees the job's folders, and the Docker engine at ${engine} is not on this host`, 'Use an engine of this host: unset DOCKER_HOST, or name its socket.');
}

interface Start {
  readonly docker: Docker;
  readonly request: Request;
  readonly container: EvaluatedContainer | undefined;
  readonly services: Services;
  readonly mounts: readonly Mount[];
}

/** What cannot become ready is not left; what was only interrupted is found by whoever comes next. */
async function startOrRemove(start: Start): Promise<ReadyNote> {
  try {
    return await startAll(start);
  } catch (error) {
    const { run, job, attempt = 1, over } = start.request;
    if (error instanceof PermanentError || over()) await endJobContainers(start.docker, { run, job, attempt }).catch(() => undefined);
    throw error;
  }
}

async function startAll({ docker, request, container, services, mounts }: Start): Promise<ReadyNote> {
  const network = await makeNetwork(docker, request);
  const start = (role: Role, each: EvaluatedContainer, more: { readonly mounts?: readonly Mount[] } = {}): Promise<string> => {
    request.log(`Starting the ${role === 'container' ? "job's container" : role}: ${imageOf(each)}`);
    return startContainer({ job: request, docker, role, container: each, network, ...more });
  };
  const id = container && await start('container', container, { mounts });
  const ids: (readonly [string, string])[] = [];
  for (const [name, service] of services) ids.push([name, await start(`service ${name}`, service)]);
  if (id !== undefined) await requireRunning(docker, id, request);
  await Promise.all(ids.map(([name, service]) => awaitService(docker, name, service, request)));
  const context: ContainersContext = {
    ...(id === undefined ? {} : { container: { id, network } }),
    services: Object.fromEntries(await Promise.all(ids.map(async ([name, service]) => {
      const { NetworkSettings } = await inspect(docker, service, request);
      return [name, { id: service, network, ports: portsOf(NetworkSettings.Ports) }] as const;
    }))),
  };
  return { attempt: request.attempt ?? 1, context, searched: id === undefined ? DEFAULT_PATH : await searchedIn(docker, id, request) };
}

/** @returns the network's id: what a killed worker had asked for may come into being under the same name */
async function makeNetwork(docker: Docker, job: JobContainersRequest): Promise<string> {
  const filters = labelFilter({ attempt: 1, ...job });
  const there = await engineCall('look for the job\'s network', (abortSignal) => docker.listNetworks({ filters, abortSignal }), { signal: job.signal });
  const [known] = there.sort((a, b) => String(a.Created).localeCompare(String(b.Created)));
  if (known) return known.Id;
  const request = { Name: nameOf(job, 'network'), Labels: { ...labelsOf(job, 'network') } };
  const { id } = await engineMake('create the job\'s network', (abortSignal) => docker.createNetwork({ ...request, abortSignal } as Docker.NetworkCreateOptions), { signal: job.signal });
  return id;
}

/** The job's container is started again where its engine or its host was stopped; what it was is still in it. */
async function goOn(docker: Docker, note: ReadyNote, request: JobContainersRequest): Promise<ReadyNote> {
  const { container, services } = note.context;
  if (container === undefined) return note;
  const found = await engineFind('look for the job\'s container', () => docker.getContainer(container.id).inspect(), { signal: request.signal });
  if (!found) throw new PermanentError("the job's container is gone, with what earlier steps left in it", 'Somebody removed it: run the job again.');
  if (found.State.Running) return note;
  request.log("The job's container has ended: starting it again");
  for (const { id } of [...Object.values(services), container]) {
    await engineFind('start a container of the job again', (abortSignal) => docker.getContainer(id).start({ abortSignal } as object), { signal: request.signal }).catch((error: unknown) => {
      if (statusOf(error) !== 304) throw error;
    });
  }
  await requireRunning(docker, container.id, request);
  return note;
}

async function searchedIn(docker: Docker, id: string, job: JobContainersRequest): Promise<string> {
  const { Config } = await inspect(docker, id, job);
  return (Config.Env ?? []).find((variable) => variable.startsWith('PATH='))?.slice('PATH='.length) || DEFAULT_PATH;
}

function inspect(docker: Docker, id: string, { signal }: JobContainersRequest): Promise<Docker.ContainerInspectInfo> {
  return engineCall('look at a container of the job', () => docker.getContainer(id).inspect(), { signal });
}

interface Handle {
  readonly docker: Docker;
  readonly engine: string;
  readonly request: JobContainersRequest;
  readonly note: ReadyNote;
  readonly mounts: readonly Mount[];
  readonly program: string | undefined;
}

function handle({ docker, engine, request, note, mounts, program }: Handle): JobContainers {
  const { context, searched } = note;
  const { folders, run, job, attempt = 1 } = request;
  const end = async (): Promise<void> => {
    await endJobContainers(docker, { run, job, attempt });
    await removeNote(folders);
  };
  const { container } = context;
  const [network] = [container, ...Object.values(context.services)].flatMap((one) => one?.network ?? []);
  const base = { context, ...(network === undefined ? {} : { network }), engine, end };
  if (!container) return { ...NONE, ...base };
  const parts: WrapParts = { id: container.id, engine, docker: program, mounts, folders, searched };
  return {
    ...base,
    translate: (path) => translate(path, parts),
    wrap: (process) => wrapProcess(process, parts),
    stop: (journal) => killIn(docker, container.id, journal),
  };
}

/** The container's own root may end what the worker's user may not. */
async function killIn(docker: Docker, id: string, journal: string): Promise<void> {
  const call = { timeoutMs: STOP_MS };
  const Cmd = ['sh', '-c', KILL, 'sh', `${MARKER}=${journal}`];
  const exec = await engineFind('end a step in the job\'s container', (abortSignal) => docker.getContainer(id).exec({ Cmd, User: '0', AttachStdout: true, abortSignal }), call);
  if (!exec) return;
  const stream = await engineCall('end a step in the job\'s container', (abortSignal) => exec.start({ hijack: false, stdin: false, abortSignal }), call);
  await engineCall('wait for the end of a step in the job\'s container', (abortSignal) => new Promise<void>((resolve) => {
    abortSignal.addEventListener('abort', () => stream.destroy(), { once: true });
    stream.once('close', resolve).once('end', resolve).once('error', () => resolve()).resume();
  }), call);
}
