/**
 * Servers in an OpenStack cloud, or in Rackspace's, which speaks the same. A server `<cluster>-<name>` is found again by its metadata; nothing but a
 * hint (intents.ts) is kept on this host. What else is made for a cluster carries its name and goes with it: a security group, a key, floating
 * addresses.
 */
import type { ClusterName } from '../../../language/ids.js';
import type { CloudCredentials } from '../../cloud/credentials.js';
import { once } from '../../once.js';
import type { ProgressListener } from '../../progressListener.js';
import { numberedNames, type Provider, type Server, type ServerRequest } from '../../provider.js';
import { Slots } from '../../slots.js';
import { clusterLogin } from '../../ssh/clusterLogin.js';
import { bootServer, isStopped } from './boot.js';
import { checkCloud } from './check.js';
import { type Cloud, type CloudTimes, openCloud } from './cloud.js';
import { addressesOf } from './addresses.js';
import { clusterServers, counting, type OwnServer } from './find.js';
import { ensureFloating, floatingAddresses } from './floating.js';
import { lookUp } from './lookup.js';
import { addressDescription } from './names.js';
import { removeCluster, removeServer } from './removal.js';
import type { CloudSettings } from './settings.js';
import { Watch } from './watch.js';

export interface CloudProviderOptions {
  readonly name: 'openstack' | 'rackspace';
  readonly credentials: CloudCredentials;
  readonly settings: CloudSettings;
  readonly times?: CloudTimes;
  readonly onProgress?: ProgressListener | undefined;
}

export function cloudProvider({ name, credentials, settings, times, onProgress }: CloudProviderOptions): Provider {
  const cloud = openCloud(credentials, settings, times, onProgress);
  const slots = new Slots(cloud.times.atOnce);
  const chosen = once(() => lookUp(cloud));
  const watches = new Map<ClusterName, Watch>();
  const watchOf = (cluster: ClusterName): Watch => {
    const watch = watches.get(cluster) ?? new Watch(cloud, cluster);
    watches.set(cluster, watch);
    return watch;
  };
  const ensureServer = async (request: ServerRequest, signal: AbortSignal = new AbortController().signal): Promise<Server> => {
    const release = await slots.take(signal);
    try {
      const server = await bootServer(cloud, watchOf(request.tags.cluster), request, chosen, signal);
      const { floatingNetwork } = settings.floatingNetwork === '' ? { floatingNetwork: undefined } : await chosen();
      const floating = floatingNetwork && await ensureFloating(cloud, request.tags.cluster, request.name, server, floatingNetwork, signal);
      return toServer({ name: request.name, tags: request.tags, server }, floating);
    } finally {
      release();
    }
  };
  return {
    name, place: 'elsewhere', ensureServer,
    machineNames: async (count) => numberedNames(count),
    check: (cluster, needs) => checkCloud(cloud, cluster, needs),
    login: clusterLogin,
    listServers: (cluster) => listServers(cloud, cluster),
    deleteServer: (cluster, server) => removeServer(cloud, cluster, server),
    deleteCluster: (cluster) => removeCluster(cloud, cluster),
  };
}

async function listServers(cloud: Cloud, cluster: ClusterName): Promise<readonly Server[]> {
  const [found, floating] = await Promise.all([clusterServers(cloud, cluster), floatingAddresses(cloud)]);
  const servers = counting(found).map((one) => toServer(one, floating.get(addressDescription(cluster, one.name))));
  return servers.sort((a, b) => a.name.localeCompare(b.name));
}

function toServer({ name, tags, server }: OwnServer, floating?: string): Server {
  const { private: privateAddress, public: publicAddress } = addressesOf(server, floating);
  return { name, id: server.id, tags, state: stateOf(server), privateAddress, publicAddress };
}

function stateOf(server: OwnServer['server']): Server['state'] {
  if (server.status === 'ERROR') return 'error';
  if (isStopped(server)) return 'stopped';
  return server.status === 'ACTIVE' ? 'running' : 'starting';
}
