/** The cluster's network: one bridge with a /24 of ours that nothing else on the engine or the host uses. */
import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import type { ClusterName, RunId } from '../../../language/ids.js';
import { PermanentError } from '../../errors.js';
import { hostSubnets, overlap, parseSubnet } from '../../host/subnets.js';
import { recordEffect } from '../../ledger.js';
import { type CallOptions, engineCall, engineMake, engineSays, statusOf } from '../../docker/engineCall.js';
import { LABEL, clusterFilter, networkName } from './names.js';

export interface ClusterNetwork {
  readonly id: string;
  readonly name: string;
  /** `10.210.7.0/24` */
  readonly subnet: string;
}

/** The cluster's network, if there is one. */
export async function findNetwork(docker: Docker, cluster: ClusterName, options: CallOptions = {}): Promise<ClusterNetwork | undefined> {
  const found = await engineCall('list the networks', (abortSignal) =>
    docker.listNetworks({ filters: clusterFilter(cluster), abortSignal }), options);
  const [oldest] = found.filter(({ Name }) => Name === networkName(cluster)).sort((a, b) => a.Created.localeCompare(b.Created));
  const subnet = oldest?.IPAM?.Config?.[0]?.Subnet;
  return oldest && subnet ? { id: oldest.Id, name: oldest.Name, subnet } : undefined;
}

/**
 * The cluster's network; made when there is none. Other networks on the engine are left alone.
 * @throws PermanentError when no /24 of 10.210.0.0/16 is free, or a network of that name is not ours
 */
export async function ensureNetwork(docker: Docker, cluster: ClusterName, run: RunId, options: CallOptions = {}): Promise<ClusterNetwork> {
  const existing = await findNetwork(docker, cluster, options);
  if (existing) return existing;
  const inUse = [...await engineSubnets(docker, options), ...await hostSubnets()];
  for (const subnet of freeSubnets(cluster, inUse)) {
    const made = await tryCreate(docker, { cluster, run, subnet }, options);
    if (made) return made;
  }
  throw new PermanentError(
    'no subnet of 10.210.0.0/16 is free for the cluster\'s network',
    'Take down clusters that are no longer used (fleetwright down --cluster NAME), or remove unused networks with `docker network prune`.',
  );
}

/** The IPv4 subnets of all of the engine's networks. */
export async function engineSubnets(docker: Docker, options: CallOptions = {}): Promise<readonly string[]> {
  const networks = await engineCall('list the networks', (abortSignal) => docker.listNetworks({ abortSignal }), options);
  return networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : [])));
}

/**
 * The /24s of 10.210.0.0/16 to try, best first. A cluster's name gives where to begin, so that a cluster tends to get the same
 * subnet again. First those that overlap with nothing; then those that lie only in a route wider than /16, as a VPN's 10.0.0.0/8:
 * a bridge's own route is more specific, and hides nothing but these 256 addresses of it.
 */
export function freeSubnets(cluster: ClusterName, inUse: readonly string[]): readonly string[] {
  const taken = inUse.flatMap((cidr) => parseSubnet(cidr) ?? []);
  const narrow = taken.filter(({ prefix }) => prefix >= 16);
  const start = createHash('sha256').update(cluster).digest()[0] ?? 0;
  const all = Array.from({ length: 256 }, (_, i) => `10.210.${(start + i) % 256}.0/24`);
  const clearOf = (subnets: typeof taken) => all.filter((cidr) => {
    const candidate = parseSubnet(cidr);
    return candidate !== undefined && !subnets.some((subnet) => overlap(candidate, subnet));
  });
  return [...new Set([...clearOf(taken), ...clearOf(narrow)])];
}

interface NetworkRequest {
  readonly cluster: ClusterName;
  readonly run: RunId;
  readonly subnet: string;
}

/** The network, or undefined when the engine refuses this subnet. */
async function tryCreate(docker: Docker, { cluster, run, subnet }: NetworkRequest, options: CallOptions): Promise<ClusterNetwork | undefined> {
  const name = networkName(cluster);
  try {
    const network = await engineMake(`create the network ${name}`, (abortSignal) => docker.createNetwork({
      Name: name,
      Driver: 'bridge',
      CheckDuplicate: true,
      IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
      Labels: { [LABEL.cluster]: cluster, [LABEL.run]: run },
      abortSignal,
    }), options);
    recordEffect({ effect: 'create-network', cluster, key: name, run });
    return { id: network.id, name, subnet };
  } catch (error) {
    if (isSubnetTaken(error)) return undefined;
    if (statusOf(error) !== 409) throw error;
    return adopt(docker, cluster, error, options);
  }
}

function isSubnetTaken(error: unknown): boolean {
  return statusOf(error) !== undefined && /overlap|conflicts with network|same ip range/.test(engineSays(error));
}

/** A network of our name appeared meanwhile: another ensure's, unless it has no label of ours. */
async function adopt(docker: Docker, cluster: ClusterName, cause: unknown, options: CallOptions): Promise<ClusterNetwork> {
  const theirs = await findNetwork(docker, cluster, options);
  if (theirs) return theirs;
  const name = networkName(cluster);
  throw new PermanentError(
    `the engine has a network ${name} that Fleetwright did not make`,
    `Remove it with \`docker network rm ${name}\`, or choose another name for the cluster.`,
    { cause },
  );
}
