/** The way into servers that were booted for a cluster: the user that cloud-init makes, the cluster's key, and the host keys of its own file. */
import type { ClusterName } from '../../language/ids.js';
import type { Server } from '../provider.js';
import type { SshLogin } from './connection.js';
import { ensureClusterKey } from './keys.js';
import { clusterKnownHosts } from './knownHosts.js';

/** The user that the user-data makes on every machine (deployments/cloud-config.yml). */
export const MACHINE_USER = 'core';

/** @throws InvalidInputError when the cluster's key cannot be read */
export async function clusterLogin(cluster: ClusterName, { publicAddress }: Pick<Server, 'publicAddress'>): Promise<SshLogin> {
  const { privateKey, privateKeyPath } = await ensureClusterKey(cluster);
  return { host: publicAddress, username: MACHINE_USER, identities: [{ privateKey, path: privateKeyPath }], hostKey: clusterKnownHosts(cluster, { trustNew: true }) };
}
