/** Deleting what carries a cluster's name in a cloud: servers, then what they used. "Not found" is done; what stays is listed with the reason. */
import type { ClusterName, MachineName } from '../../../language/ids.js';
import { isConflict } from '../../cloud/errors.js';
import { TransientError } from '../../errors.js';
import { recordEffect } from '../../ledger.js';
import type { Removal } from '../../provider.js';
import { waitFor } from '../../wait.js';
import type { Cloud } from './cloud.js';
import { clusterServers, type OwnServer } from './find.js';
import { findFirewall } from './firewall.js';
import { addressDescription, clusterThing } from './names.js';
import { ageOfIntent, forgetIntent, openIntents } from './intents.js';

/** One thing to remove. */
interface Doomed {
  /** `server core01` */
  readonly what: string;
  /** @returns false when there was none */
  readonly remove: () => Promise<boolean>;
}

/** Deletes the server, however often it is there, and its floating address. */
export async function removeServer(cloud: Cloud, cluster: ClusterName, name: MachineName): Promise<Removal> {
  const servers = await removeServers(cloud, cluster, (one) => one === name);
  return together(servers, await removeAddresses(cloud, (description) => description === addressDescription(cluster, name)));
}

/** Deletes all of the cluster: servers, floating addresses, the security group, and the key where it is the cluster's own. */
export async function removeCluster(cloud: Cloud, cluster: ClusterName): Promise<Removal> {
  const servers = await removeServers(cloud, cluster, () => true);
  const addresses = await removeAddresses(cloud, (description) => description.startsWith(`${addressDescription(cluster, '' as MachineName)}`));
  const groups = await removeAll((await findFirewall(cloud, cluster)).map(({ id, name }) => ({
    what: `security group ${name}`, remove: () => insist(cloud, `the security group ${name}`, () => cloud.networks.deleteSecurityGroup(id)),
  })));
  // One that the user named may be others' too.
  const key = clusterThing(cluster);
  const keys = await removeAll([{ what: `key ${key}`, remove: () => cloud.servers.deleteKey(key) }]);
  return [servers, addresses, groups, keys].reduce(together);
}

/** Whether a server that was deleted is gone within `removalMs`: one whose host is down stays until the host is back. */
export async function isGone(cloud: Cloud, id: string, signal?: AbortSignal): Promise<boolean> {
  const gone = await waitFor(async () => (await cloud.servers.find(id, signal) === undefined ? true : undefined), { timeoutMs: cloud.times.removalMs, intervalMs: cloud.times.pollMs, signal });
  return gone === true;
}

/** What is said of one that is not. */
export function stillThere(cloud: Cloud, id: string): string {
  return `the server ${id} is still there ${cloud.times.removalMs / 1000} s after it was deleted`;
}

/** Looks again until there is none: one that was asked for by a process that is gone may come late. */
async function removeServers(cloud: Cloud, cluster: ClusterName, which: (name: MachineName) => boolean): Promise<Removal> {
  let done: Removal = { removed: [], left: [] };
  await waitFor(async () => {
    const found = (await clusterServers(cloud, cluster)).filter(({ name }) => which(name));
    if (found.length > 0) done = together(done, await removeAll(found.map((one) => doomedServer(cloud, cluster, one))));
    return done.left.length > 0 || (found.length === 0 && !await mayComeLate(cloud, cluster, which)) ? true : undefined;
  }, { timeoutMs: cloud.times.settleMs + cloud.times.removalMs, intervalMs: cloud.times.pollMs });
  return { removed: [...new Set(done.removed)].sort(), left: done.left };
}

async function mayComeLate(cloud: Cloud, cluster: ClusterName, which: (name: MachineName) => boolean): Promise<boolean> {
  for (const name of (await openIntents(cluster)).filter(which)) {
    if ((await ageOfIntent(cluster, name) ?? Infinity) < cloud.times.settleMs) return true;
    await forgetIntent(cluster, name);
  }
  return false;
}

function doomedServer(cloud: Cloud, cluster: ClusterName, { name, server }: OwnServer): Doomed {
  return {
    what: `server ${name}`,
    remove: async () => {
      const removed = await cloud.servers.delete(server.id);
      if (!await isGone(cloud, server.id)) throw new TransientError(stillThere(cloud, server.id));
      if (removed) recordEffect({ effect: 'delete-server', cluster, key: name });
      return removed;
    },
  };
}

async function removeAddresses(cloud: Cloud, isOurs: (description: string) => boolean): Promise<Removal> {
  if (!await cloud.session.has('network')) return { removed: [], left: [] };
  const ours = (await cloud.networks.floatingAddresses()).filter(({ description }) => isOurs(description));
  return removeAll(ours.map(({ id, address }) => ({ what: `floating address ${address}`, remove: () => cloud.networks.deleteFloatingAddress(id) })));
}

/** Removes what may be in use for a moment longer. */
async function insist(cloud: Cloud, what: string, remove: () => Promise<boolean>): Promise<boolean> {
  let refusal: unknown = new TransientError(`${what} is still in use`);
  const outcome = await waitFor(async (): Promise<{ removed: boolean } | undefined> => {
    try {
      return { removed: await remove() };
    } catch (error) {
      if (!isConflict(error)) throw error;
      refusal = error;
      return undefined;
    }
  }, { timeoutMs: cloud.times.removalMs, intervalMs: cloud.times.pollMs });
  if (outcome === undefined) throw refusal;
  return outcome.removed;
}

async function removeAll(doomed: readonly Doomed[]): Promise<Removal> {
  const removed: string[] = [];
  const left: string[] = [];
  await Promise.all(doomed.map(async ({ what, remove }) => {
    try {
      if (await remove()) removed.push(what);
    } catch (error) {
      // One line a thing: the cloud's reason, without the remedy for whoever asked for one thing.
      left.push(`${what}: ${(error instanceof Error ? error.message : String(error)).split('\n', 1)[0]}`);
    }
  }));
  return { removed: removed.sort(), left: left.sort() };
}

function together(one: Removal, other: Removal): Removal {
  return { removed: [...one.removed, ...other.removed], left: [...one.left, ...other.left] };
}
