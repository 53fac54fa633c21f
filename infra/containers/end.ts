/** Removes what a job's containers left, whoever made them. */
import type Docker from 'dockerode';
import { engineCall, engineFind } from '../docker/engineCall.js';
import { labelFilter } from './identity.js';

export interface Ended {
  readonly run: string;
  /** @default all jobs of the run */
  readonly job?: string;
  /** @default all attempts */
  readonly attempt?: number;
}

const END_MS = 60_000;

/**
 * Removes containers, with their anonymous volumes, and networks. "Not found" is done. Volumes with a name stay: another job may use them.
 * @throws TransientError when the engine does not answer
 */
export async function endJobContainers(docker: Docker, ended: Ended, signal?: AbortSignal): Promise<void> {
  const [filters, call] = [labelFilter(ended), { signal, timeoutMs: END_MS }];
  const containers = await engineCall('list the job\'s containers', (abortSignal) => docker.listContainers({ all: true, filters, abortSignal }), call);
  await Promise.all(containers.map(({ Id }) => removeContainer(docker, Id, signal)));
  const networks = await engineCall('list the job\'s networks', (abortSignal) => docker.listNetworks({ filters, abortSignal }), call);
  for (const { Id } of networks) await removeNetwork(docker, Id, signal);
}

async function removeContainer(docker: Docker, id: string, signal?: AbortSignal): Promise<void> {
  await engineFind('remove a container of the job', (abortSignal) => docker.getContainer(id).remove({ force: true, v: true, abortSignal }), { signal, timeoutMs: END_MS })
    .catch((error: unknown) => ignoreUnderWay(error));
}

/** A Docker action that was cut off is in it yet, and goes; what a step brought in belongs to somebody else, and only leaves it. */
async function removeNetwork(docker: Docker, id: string, signal?: AbortSignal): Promise<void> {
  const call = { signal, timeoutMs: END_MS };
  const actions = await engineCall('list what is in the job\'s network', (abortSignal) =>
    docker.listContainers({ all: true, filters: { network: [id], label: ['fleetwright.action'] }, abortSignal }), call);
  await Promise.all(actions.map(({ Id }) => removeContainer(docker, Id, signal)));
  const found = await engineFind('look at the job\'s network', () => docker.getNetwork(id).inspect() as Promise<Docker.NetworkInspectInfo>, call);
  for (const container of Object.keys(found?.Containers ?? {})) {
    await engineFind('take a container out of the job\'s network', () => docker.getNetwork(id).disconnect({ Container: container, Force: true }), call);
  }
  await engineFind('remove the job\'s network', (abortSignal) => docker.getNetwork(id).remove({ abortSignal } as object), call);
}

/** Somebody else removes it at this moment. */
function ignoreUnderWay(error: unknown): undefined {
  if (/removal of container \S+ is already in progress/i.test((error as Error).message)) return undefined;
  throw error;
}
