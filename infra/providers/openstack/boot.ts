/** From a request to a server that runs: what fails to build is made anew some times, and nothing that failed is left. */
import { BuildFailedError, BuildTimeoutError, NoValidHostError, QuotaError } from '../../cloud/errors.js';
import type { CloudServer } from '../../cloud/servers.js';
import { TransientError } from '../../errors.js';
import { recordEffect } from '../../ledger.js';
import type { ServerRequest } from '../../provider.js';
import { waitFor } from '../../wait.js';
import type { Cloud } from './cloud.js';
import { findOrCreate } from './create.js';
import { isLeaving, serversNamed } from './find.js';
import type { Chosen } from './lookup.js';
import { isGone, stillThere } from './removal.js';
import { serverName } from './names.js';
import type { Watch } from './watch.js';

/** A server that runs, the only one of its name; asked for, started again or made anew as far as that is needed. */
export async function bootServer(cloud: Cloud, watch: Watch, request: ServerRequest, chosen: () => Promise<Chosen>, signal?: AbortSignal): Promise<CloudServer> {
  for (let builds = 1; ;) {
    const id = await findOrCreate(cloud, request, chosen, signal);
    const outcome = await awaitBuilt(cloud, watch, id, signal);
    if (outcome === 'vanished' || outcome instanceof Error) {
      const failure = outcome instanceof Error ? outcome : new BuildFailedError(`the server ${serverName(request.tags.cluster, request.name)} vanished while it was built`);
      // It would count against the quota, and be taken for the server by whoever looks next.
      if (outcome !== 'vanished') await discard(cloud, request, id, signal);
      if (isFinal(failure) || builds === cloud.times.maxBuilds) throw failure;
      builds += 1;
      cloud.onProgress(`${request.name}: ${failure.message}; making it anew`);
      continue;
    }
    const [oldest, ...others] = await serversNamed(cloud, request.tags.cluster, request.name, signal);
    for (const { server } of others) await discard(cloud, request, server.id, signal);
    if (oldest?.server.id === id) return oldest.server;
  }
}

type Outcome = 'active' | 'vanished' | Error;

async function awaitBuilt(cloud: Cloud, watch: Watch, id: string, signal?: AbortSignal): Promise<Outcome> {
  let last: CloudServer | undefined;
  let started = false;
  const look = async (): Promise<Outcome | undefined> => {
    const server = (await watch.look()).find((one) => one.server.id === id)?.server;
    if (server === undefined || isLeaving(server)) return 'vanished';
    last = server;
    if (server.status === 'ACTIVE') return 'active';
    // Of some servers that failed, a list does not say why.
    if (server.status === 'ERROR') return failureOf(server.fault ? server : await cloud.servers.find(id, signal) ?? server);
    if (isStopped(server) && !started) {
      await cloud.servers.start(server);
      started = true;
    }
    return undefined;
  };
  // The watch has its own interval.
  const outcome = await waitFor(look, { timeoutMs: cloud.times.buildMs, intervalMs: 0, signal });
  return outcome ?? new BuildTimeoutError(`the server ${last?.name ?? id} is still ${last?.status ?? 'unknown'}${last?.task ? ` (${last.task})` : ''} after ${cloud.times.buildMs / 1000} s`);
}

/** Whether it can be started again. */
export function isStopped({ status }: CloudServer): boolean {
  return status === 'SHUTOFF' || status === 'PAUSED' || status === 'SUSPENDED';
}

function failureOf({ name, fault }: CloudServer): Error {
  const says = fault?.message ?? '';
  const text = `the server ${name} is in error: ${says || 'the cloud does not say why'}`;
  if (fault?.code === 413 || /quota/i.test(says)) return new QuotaError(text);
  if (/no valid host/i.test(says)) return new NoValidHostError(text);
  return new BuildFailedError(text);
}

function isFinal(error: Error): boolean {
  return error instanceof QuotaError || error instanceof NoValidHostError;
}

async function discard(cloud: Cloud, { name, tags }: ServerRequest, id: string, signal?: AbortSignal): Promise<void> {
  if (await cloud.servers.delete(id, signal)) recordEffect({ effect: 'delete-server', cluster: tags.cluster, key: name, run: tags.run });
  if (await isGone(cloud, id, signal)) return;
  // A host that is down does not answer, and the cloud keeps the server until it does. On its way out it is nobody's server any more: it is not waited for.
  const server = await cloud.servers.find(id, signal);
  if (server !== undefined && !isLeaving(server)) throw new TransientError(stillThere(cloud, id));
  if (server !== undefined) cloud.onProgress(`${name}: ${stillThere(cloud, id)}, its host may be down; going on without it`);
}
