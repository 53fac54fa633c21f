/** The servers of a cluster as its cloud has them, told by their metadata. */
import type { ClusterName, MachineName } from '../../../language/ids.js';
import type { CloudServer } from '../../cloud/servers.js';
import type { ServerTags } from '../../provider.js';
import type { Cloud } from './cloud.js';
import { namePrefix, serverName, tagsOf } from './names.js';

export interface OwnServer {
  readonly name: MachineName;
  readonly tags: ServerTags;
  readonly server: CloudServer;
}

/** All of the cluster's, oldest first, those that are being deleted among them. */
export async function clusterServers(cloud: Cloud, cluster: ClusterName, signal?: AbortSignal): Promise<readonly OwnServer[]> {
  return own(await cloud.servers.list(namePrefix(cluster), signal), cluster);
}

/** Those under one name that stay, oldest first: the first is the server, any other is one too many. */
export async function serversNamed(cloud: Cloud, cluster: ClusterName, name: MachineName, signal?: AbortSignal): Promise<readonly OwnServer[]> {
  const found = own(await cloud.servers.list(serverName(cluster, name), signal), cluster);
  return found.filter((one) => one.name === name && !isLeaving(one.server));
}

/** Of each name the one that counts: the oldest that stays. */
export function counting(all: readonly OwnServer[]): readonly OwnServer[] {
  const staying = all.filter(({ server }) => !isLeaving(server));
  return staying.filter((one, at) => staying.findIndex(({ name }) => name === one.name) === at);
}

/** Whether it is on its way out: the cloud lists such a server for a while. */
export function isLeaving({ status, task }: CloudServer): boolean {
  return task === 'deleting' || task === 'soft-deleting' || status === 'DELETED' || status === 'SOFT_DELETED';
}

function own(servers: readonly CloudServer[], cluster: ClusterName): readonly OwnServer[] {
  return servers.flatMap((server) => {
    const said = tagsOf(server);
    return said?.tags.cluster === cluster ? [{ ...said, server }] : [];
  });
}
