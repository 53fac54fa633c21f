/** Removing what carries a cluster's label: containers, volumes, networks. "Not found" is done; what stays is listed with the reason. */
import type Docker from 'dockerode';
import type { ClusterName } from '../../../language/ids.js';
import { TransientError } from '../../errors.js';
import { type Effect, recordEffect } from '../../ledger.js';
import type { Removal } from '../../provider.js';
import { waitFor } from '../../wait.js';
import { type CallOptions, engineCall, engineFind, statusOf } from '../../docker/engineCall.js';
import { LABEL, clusterFilter } from './names.js';

/** How long a container may take that somebody is removing already. */
const REMOVAL_MS = 30_000;
/** How long a volume or a network may be in use by what is leaving. */
const IN_USE_MS = 10_000;

export interface RemovalOptions {
  /** Further labels that a thing must carry, `key` or `key=value`. @default none */
  readonly labels?: readonly string[];
  /** How long to wait, in milliseconds, for a volume or a network that is in use. @default 10000 */
  readonly inUseMs?: number | undefined;
}

/** One thing to remove. */
interface Doomed {
  /** `server core01` */
  readonly what: string;
  readonly effect: Effect;
  readonly key: string;
  readonly remove: () => Promise<boolean>;
}

/** Removes a container and its anonymous volumes; waits until it is gone. @returns false when there was none */
export async function removeContainer(docker: Docker, id: string, options: CallOptions = {}): Promise<boolean> {
  const container = docker.getContainer(id);
  const remove = async (): Promise<'removed' | 'none' | undefined> => {
    try {
      await engineCall(`remove the container ${id}`, (abortSignal) => container.remove({ force: true, v: true, abortSignal }), { ...options, timeoutMs: 120_000 });
      return 'removed';
    } catch (error) {
      if (statusOf(error) === 404) return 'none';
      if (statusOf(error) === 409) return undefined;
      throw error;
    }
  };
  return (await persist(`the container ${id}`, remove, options)) === 'removed';
}

/** @returns false when there was none, or a container still uses it */
export async function removeVolume(docker: Docker, name: string, options: CallOptions = {}): Promise<boolean> {
  try {
    return await engineFind(`remove the volume ${name}`, (abortSignal) => docker.getVolume(name).remove({ abortSignal }).then(() => true), options) ?? false;
  } catch (error) {
    if (statusOf(error) === 409) return false;
    throw error;
  }
}

/**
 * Removes all that carries the cluster's label and the further ones: first containers (at once), then volumes, then
 * networks. Never throws for one thing that stays.
 * @throws TransientError, PermanentError when the engine cannot be asked at all
 */
export async function removeLabelled(docker: Docker, cluster: ClusterName, { labels = [], inUseMs = IN_USE_MS }: RemovalOptions = {}): Promise<Removal> {
  const filters = clusterFilter(cluster, ...labels);
  const containers = await engineCall('list the containers', (abortSignal) => docker.listContainers({ all: true, filters, abortSignal }));
  const first = await removeAll(cluster, containers.map((container) => doomedContainer(docker, container)));
  const volumes = await engineCall('list the volumes', (abortSignal) => docker.listVolumes({ filters, abortSignal }));
  const second = await removeAll(cluster, (volumes.Volumes ?? []).map(({ Name }) => doomedVolume(docker, Name, inUseMs)));
  const networks = await engineCall('list the networks', (abortSignal) => docker.listNetworks({ filters, abortSignal }));
  const third = await removeAll(cluster, networks.map((network) => doomedNetwork(docker, network, inUseMs)));
  return {
    removed: [first, second, third].flatMap(({ removed }) => removed),
    left: [first, second, third].flatMap(({ left }) => left),
  };
}

async function removeAll(cluster: ClusterName, doomed: readonly Doomed[]): Promise<Removal> {
  const removed: string[] = [];
  const left: string[] = [];
  await Promise.all(doomed.map(async ({ what, effect, key, remove }) => {
    try {
      if (!await remove()) return;
      recordEffect({ effect, cluster, key });
      removed.push(what);
    } catch (error) {
      // One line a thing: the engine's reason, without the remedy for whoever asked for one thing.
      left.push(`${what}: ${(error instanceof Error ? error.message : String(error)).split('\n', 1)[0]}`);
    }
  }));
  return { removed: removed.sort(), left: left.sort() };
}

function doomedContainer(docker: Docker, { Id, Names, Labels }: Docker.ContainerInfo): Doomed {
  const name = Names[0]?.slice(1) ?? Id;
  const server = Labels[LABEL.server];
  return {
    what: server ? `server ${server}` : `container ${name}`,
    effect: server ? 'delete-server' : 'delete-services',
    key: server ?? name,
    remove: () => removeContainer(docker, Id),
  };
}

function doomedVolume(docker: Docker, name: string, inUseMs: number): Doomed {
  const remove = () => insist(`the volume ${name}`, inUseMs, (abortSignal) => docker.getVolume(name).remove({ abortSignal }));
  return { what: `volume ${name}`, effect: 'delete-volume', key: name, remove };
}

function doomedNetwork(docker: Docker, { Id, Name }: Docker.NetworkInspectInfo, inUseMs: number): Doomed {
  const remove = () => insist(`the network ${Name}`, inUseMs, (abortSignal) => docker.getNetwork(Id).remove({ abortSignal }));
  return { what: `network ${Name}`, effect: 'delete-network', key: Name, remove };
}

/** Removes what may be in use for a moment longer. @returns false when there was none */
async function insist(what: string, inUseMs: number, remove: (abortSignal: AbortSignal) => Promise<unknown>): Promise<boolean> {
  let refusal: unknown;
  const outcome = await waitFor(async (): Promise<'removed' | 'none' | undefined> => {
    try {
      await engineCall(`remove ${what}`, remove);
      return 'removed';
    } catch (error) {
      if (statusOf(error) === 404) return 'none';
      if (!isInUse(error)) throw error;
      refusal = error;
      return undefined;
    }
  }, { timeoutMs: inUseMs, intervalMs: 300 });
  if (outcome === undefined) throw refusal;
  return outcome === 'removed';
}

/** 409 for a volume; 403 "has active endpoints" for a network (409 in newer engines). */
function isInUse(error: unknown): boolean {
  return [403, 409].includes(statusOf(error) ?? 0) || error instanceof TransientError;
}

async function persist<T>(what: string, attempt: () => Promise<T | undefined>, options: CallOptions): Promise<T> {
  const outcome = await waitFor(attempt, { timeoutMs: REMOVAL_MS, intervalMs: 200, signal: options.signal });
  if (outcome !== undefined) return outcome;
  throw new TransientError(`${what} is still being removed after ${REMOVAL_MS / 1000} s`);
}
