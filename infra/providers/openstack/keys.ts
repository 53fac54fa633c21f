/** The key with which the servers of a cluster are reached, as the cloud keeps it. */
import { createHash } from 'node:crypto';
import type { ClusterName } from '../../../language/ids.js';
import { CloudRefusedError, KeyConflictError } from '../../cloud/errors.js';
import type { CloudKey } from '../../cloud/servers.js';
import type { Cloud } from './cloud.js';
import { clusterThing } from './names.js';

/** The name of the cluster's key: the one that the user named, or one of its own. */
export function keyName({ settings }: Pick<Cloud, 'settings'>, cluster: ClusterName): string {
  return settings.key || clusterThing(cluster);
}

/**
 * Uploads the key unless it is there.
 * @returns its name @throws KeyConflictError when another key has the name
 */
export async function ensureKey(cloud: Cloud, cluster: ClusterName, publicKey: string, signal?: AbortSignal): Promise<string> {
  const name = keyName(cloud, cluster);
  const existing = await cloud.servers.findKey(name, signal);
  if (existing) return checked(existing, publicKey);
  try {
    await cloud.servers.addKey(name, publicKey);
  } catch (error) {
    // Its answer was lost, or another process was quicker.
    const now = error instanceof CloudRefusedError && error.status !== 409 ? undefined : await cloud.servers.findKey(name, signal);
    if (now) return checked(now, publicKey);
    throw error;
  }
  cloud.onProgress(`uploaded the key ${name}`);
  return name;
}

/** @throws KeyConflictError */
export function checked(existing: CloudKey, publicKey: string): string {
  if (sameKey(existing, publicKey)) return existing.name;
  throw new KeyConflictError(
    `the cloud has another key named ${existing.name}: its fingerprint is ${existing.fingerprint}, and ours is ${fingerprint(publicKey)}`,
    'Give the private key that belongs to it (ssh-key), another name (key), or delete it in the cloud: openstack keypair delete NAME.',
  );
}

function sameKey({ publicKey, fingerprint: theirs }: CloudKey, ours: string): boolean {
  return publicKey === '' ? theirs === fingerprint(ours) : blob(publicKey) === blob(ours);
}

/** Type and key, without the comment. */
function blob(publicKey: string): string {
  return publicKey.trim().split(/\s+/, 2).join(' ');
}

/** MD5 over the key in pairs of hex digits, as clouds show it. */
export function fingerprint(publicKey: string): string {
  const digest = createHash('md5').update(Buffer.from(publicKey.trim().split(/\s+/)[1] ?? '', 'base64')).digest('hex');
  return digest.match(/../g)!.join(':');
}
