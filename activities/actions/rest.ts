/** A cluster as a whole: all that its provider has of it, and its folder on this host. */
import { rm } from 'node:fs/promises';
import { clusterDir } from '../../infra/paths.js';
import type { Removal } from '../../infra/provider.js';
import type { Cluster } from '../cluster.js';

/** Removes all of it; the folder, with the key to the machines, only when nothing of it is left. */
export async function deleteAll({ name, provider }: Pick<Cluster, 'name' | 'provider'>): Promise<Removal> {
  const removal = await provider.deleteCluster(name);
  if (removal.left.length === 0) await rm(clusterDir(name), { recursive: true, force: true });
  return removal;
}

/** Removes what is left of it when its servers and services are gone; nothing while there are some, of another run. */
export async function deleteRest(cluster: Cluster): Promise<Removal> {
  const { name, provider, site } = cluster;
  if ((await provider.listServers(name)).length > 0 || await site.services.areThere()) return { removed: [], left: [] };
  return deleteAll(cluster);
}

/** Both, one after the other. */
export function together(first: Removal, second: Removal): Removal {
  return { removed: [...first.removed, ...second.removed], left: [...first.left, ...second.left] };
}
