/**
 * Containers that are ensured, not created: found by name, made when missing, started when stopped, made anew when broken.
 *
 * 1. The engine keeps names unique, so a lost answer or a race ends in one container: who comes second is told 409 and adopts.
 * 2. A container is created, filled with its files, then started. One that was never started can be at any point between, so its
 *    files are put again; one that was started keeps its data.
 */
import type Docker from 'dockerode';
import { PermanentError, TransientError } from '../../errors.js';
import { waitFor } from '../../wait.js';
import { packFiles } from './archive.js';
import { type CallOptions, engineCall, engineFind, engineMake, engineSays, statusOf } from '../../docker/engineCall.js';
import { LABEL, type Labels } from './names.js';
import { removeContainer, removeVolume } from './removal.js';

export interface ContainerSpec {
  readonly name: string;
  /** An image of this engine, by name. */
  readonly image: string;
  readonly labels: Labels;
  /** Further create options; image, name and labels are filled in. */
  readonly options: Docker.ContainerCreateOptions;
  /** Files put into it before its first start, by absolute path; owned by root, readable by root alone. */
  readonly files?: ReadonlyMap<string, string>;
  /** A volume of its own: a container that is made anew gets a new one. */
  readonly ownVolume?: string;
}

/** So many restarts, and a last life so short, are a container that cannot run. */
const CRASH_RESTARTS = 3;
const CRASH_LIFE_MS = 2000;

export type Change = 'none' | 'created' | 'started';

/** Whether the container is there, so that `prepareContainer` would keep it. */
export async function inspectContainer(docker: Docker, name: string, options: CallOptions = {}): Promise<Docker.ContainerInspectInfo | undefined> {
  return engineFind(`inspect the container ${name}`, (abortSignal) => docker.getContainer(name).inspect({ abortSignal }), options);
}

/**
 * The container, created and filled; not started if it was not. One that is broken, or that was never started and is not what is
 * asked for, is removed with its volume and made again.
 * @throws PermanentError when the name is taken by something that is not ours
 */
export async function prepareContainer(docker: Docker, spec: ContainerSpec, options: CallOptions = {}): Promise<Docker.ContainerInspectInfo> {
  const found = await inspectContainer(docker, spec.name, options);
  if (found) requireOurs(found, spec);
  if (found && !await mustReplace(docker, found, spec, options)) return fill(docker, found, spec, options);
  if (found) await removeContainer(docker, found.Id, options);
  if (spec.ownVolume) await removeVolume(docker, spec.ownVolume, options);
  await create(docker, spec, options);
  // The engine reserves a name before it knows the container: who was told 409 may look too early.
  const made = await waitFor(() => inspectContainer(docker, spec.name, options), { timeoutMs: 10_000, signal: options.signal });
  if (!made) throw new TransientError(`the container ${spec.name} vanished after it was created`);
  requireOurs(made, spec);
  return fill(docker, made, spec, options);
}

/**
 * Starts the container if it does not run, and sees that it does.
 * @returns `created` for its first start, `started` for a later one, `none` when it ran already
 * @throws TransientError, PermanentError; also when it ends at once, with the end of what it printed
 */
export async function startContainer(docker: Docker, info: Docker.ContainerInspectInfo, options: CallOptions = {}): Promise<Change> {
  if (info.State.Status === 'running') return 'none';
  const name = info.Name.slice(1);
  const container = docker.getContainer(info.Id);
  const changed = info.State.Status === 'paused'
    ? await engineCall(`unpause the container ${name}`, (abortSignal) => container.unpause({ abortSignal }).then(() => true), options)
    : await start(container, name, options);
  await waitUntilRunning(docker, info.Id, name, options);
  if (!changed) return 'none';
  return info.State.Status === 'created' ? 'created' : 'started';
}

/** Whether an error says that the container cannot be started any more because its network is gone or has another subnet. */
export function hasLostItsNetwork(error: unknown): boolean {
  return /network \S+ not found|no configured subnet|not found in network|invalid address/.test(engineSays(error));
}

async function create(docker: Docker, spec: ContainerSpec, options: CallOptions): Promise<void> {
  const request = { ...spec.options, name: spec.name, Image: spec.image, Labels: { ...spec.labels } };
  try {
    await engineMake(`create the container ${spec.name}`, (abortSignal) => docker.createContainer({ ...request, abortSignal }), options);
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
  }
}

/** False when it runs already (304). */
async function start(container: Docker.Container, name: string, options: CallOptions): Promise<boolean> {
  try {
    await engineMake(`start the container ${name}`, (abortSignal) => container.start({ abortSignal }), options);
    return true;
  } catch (error) {
    if (statusOf(error) === 304) return false;
    throw error;
  }
}

function requireOurs(found: Docker.ContainerInspectInfo, spec: ContainerSpec): void {
  const labels = found.Config.Labels ?? {};
  const same = [LABEL.cluster, LABEL.server, LABEL.role].every((key) => labels[key] === spec.labels[key]);
  if (same) return;
  throw new PermanentError(
    `the name ${spec.name} is taken by a container that is not this cluster's`,
    `Remove it with \`docker rm -fv ${spec.name}\`, or choose another name for the cluster.`,
  );
}

async function mustReplace(docker: Docker, found: Docker.ContainerInspectInfo, spec: ContainerSpec, options: CallOptions): Promise<boolean> {
  const { Status } = found.State;
  if (Status === 'dead' || Status === 'removing' || isCrashing(found)) return true;
  if (Status !== 'created') return false;
  const labels = found.Config.Labels ?? {};
  if (Object.entries(spec.labels).some(([key, value]) => labels[key] !== value)) return true;
  const image = await engineFind(`inspect the image ${spec.image}`, () => docker.getImage(spec.image).inspect(), options);
  return image !== undefined && image.Id !== found.Image;
}

/** The engine starts it again and again, and it ends at once each time. One that reboots has lived longer. */
function isCrashing({ State, RestartCount }: Docker.ContainerInspectInfo): boolean {
  const livedMs = Date.parse(State.FinishedAt) - Date.parse(State.StartedAt);
  return State.Status === 'restarting' && RestartCount >= CRASH_RESTARTS && livedMs < CRASH_LIFE_MS;
}

async function fill(docker: Docker, info: Docker.ContainerInspectInfo, spec: ContainerSpec, options: CallOptions): Promise<Docker.ContainerInspectInfo> {
  if (info.State.Status !== 'created' || !spec.files) return info;
  const archive = await packFiles(spec.files);
  await engineCall(`put files into the container ${spec.name}`, (abortSignal) =>
    docker.getContainer(info.Id).putArchive(archive, { path: '/', abortSignal }), options);
  return info;
}

async function waitUntilRunning(docker: Docker, id: string, name: string, options: CallOptions): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    const state = (await inspectContainer(docker, id, options))?.State;
    if (state?.Status === 'running') return true;
    if (state?.Status === 'restarting' || state?.Status === 'created') return undefined;
    throw new TransientError(`the container ${name} ended at once (${state?.Status ?? 'gone'}, exit code ${state?.ExitCode ?? '?'})${await lastWords(docker, id, options)}`);
  };
  if (await waitFor(look, { timeoutMs: 20_000, signal: options.signal })) return;
  throw new TransientError(`the container ${name} does not stay up${await lastWords(docker, id, options)}`);
}

/** The end of what a container printed, as the tail of a message. */
export async function lastWords(docker: Docker, id: string, options: CallOptions): Promise<string> {
  const read = (abortSignal: AbortSignal) => docker.getContainer(id).logs({ follow: false, stdout: true, stderr: true, tail: 20, abortSignal });
  const printed = await engineCall('read the container\'s log', read, { ...options, timeoutMs: 5000 }).catch(() => Buffer.alloc(0));
  const text = plainLog(printed).trim().slice(-2000);
  return text ? `; it printed:\n${text}` : '';
}

/** The text of a log in the engine's stream format: frames with a header of 8 bytes, the last 4 of which are the length (Docker API, "Stream format"). */
function plainLog(log: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= log.length;) {
    const end = at + 8 + log.readUInt32BE(at + 4);
    parts.push(log.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString('utf8');
}
