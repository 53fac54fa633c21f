/** What is left of a cluster when its servers and services are gone: its network, volumes, and its folder on this host. */
import { rm } from 'node:fs/promises';
import { clusterDir } from '../../infra/paths.js';
import type { Removal } from '../../infra/provider.js';
import { hasClusterServices } from '../../infra/providers/local/services.js';
import type { Cluster } from '../cluster.js';

/** Removes it, unless there are servers or services of another run. */
export async function deleteRest({ name, provider, docker }: Cluster): Promise<Removal> {
  if ((await provider.listServers(name)).length > 0 || await hasClusterServices(docker, name)) return { removed: [], left: [] };
  const rest = await provider.deleteCluster(name);
  if (rest.left.length === 0) await rm(clusterDir(name), { recursive: true, force: true });
  return rest;
}

/** Both, one after the other. */
export function together(first: Removal, second: Removal): Removal {
  return { removed: [...first.removed, ...second.removed], left: [...first.left, ...second.left] };
}
