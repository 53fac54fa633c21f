/** A cluster as an activity sees it: its provider, its servers, and connections to its machines. */
import type { ClusterName } from '../language/ids.js';
import { PermanentError, TransientError } from '../infra/errors.js';
import type { Provider, Server } from '../infra/provider.js';
import { providerNamed } from '../infra/providers/index.js';
import { FleetClient } from '../infra/fleet/client.js';
import { clusterKnownHosts } from '../infra/ssh/knownHosts.js';
import { ensureClusterKey } from '../infra/ssh/keys.js';
import { KeptConnections } from '../infra/ssh/kept.js';
import { withMachines, type PoolOptions } from '../infra/ssh/pool.js';
import type { SshTransport } from '../infra/ssh/connection.js';
import type Docker from 'dockerode';
import { clusterInput, optionalInput } from './action.js';
import type { Attendance } from './attend.js';
import type { ActionInput } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';

/** The user that cloud-init makes on every machine. */
const MACHINE_USER = 'core';

export interface Cluster {
  readonly name: ClusterName;
  readonly provider: Provider;
  readonly docker: Docker;
}

export async function openCluster(deps: ActivityDependencies, input: ActionInput, { signal, log }: Attendance): Promise<Cluster> {
  const name = clusterInput(input.with);
  const docker = await deps.docker({ onProgress: log.line, signal });
  return { name, docker, provider: providerNamed(optionalInput(input.with, 'provider') || 'local', { docker }) };
}

/** How to get into the machines of a cluster: user, key, and the host keys of machines that its runs booted. */
export async function machineAccess(cluster: ClusterName): Promise<Pick<PoolOptions, 'username' | 'privateKey' | 'privateKeyPath' | 'hostKey'>> {
  const { privateKey, privateKeyPath } = await ensureClusterKey(cluster);
  return { username: MACHINE_USER, privateKey, privateKeyPath, hostKey: clusterKnownHosts(cluster, { trustNew: true }) };
}

/** How long a machine may take from its boot until it lets us in. */
export const BOOT_PATIENCE_MS = 5 * 60_000;

/** Of this worker's steps. */
const kept = new KeptConnections();

/** Connections to the machines of a cluster, for as long as `use` takes. */
export interface Machines {
  readonly servers: readonly Server[];
  /** The connection to one server. */
  at(server: Server): Promise<SshTransport>;
  /** Connections to all, in the servers' order. */
  all(): Promise<readonly SshTransport[]>;
  /** The connection to the first machine that answers. */
  any(): Promise<SshTransport>;
  /** fleet's API, on the first machine that answers. */
  fleet(): Promise<FleetClient>;
}

/**
 * @param patienceMs how long a machine may take until it lets us in. @default 15 s, for one that has just been started again
 * @throws TransientError when the cluster has no running server
 */
export async function onMachines<T>(
  cluster: Cluster,
  { signal }: Attendance,
  use: (machines: Machines) => Promise<T>,
  { patienceMs = 15_000 }: { readonly patienceMs?: number } = {},
): Promise<T> {
  const servers = (await cluster.provider.listServers(cluster.name)).filter(({ state }) => state === 'running');
  if (servers.length === 0) throw new TransientError(`the cluster ${cluster.name} has no running machine`);
  return withMachines({ ...await machineAccess(cluster.name), signal, patienceMs, kept }, (pool) => {
    const at = (server: Server): Promise<SshTransport> => pool.machine({ host: server.publicAddress });
    const any = (): Promise<SshTransport> => pool.any(servers.map(({ publicAddress }) => ({ host: publicAddress })));
    return use({
      servers,
      at,
      all: () => Promise.all(servers.map(at)),
      any,
      fleet: async () => new FleetClient(await any(), { signal }),
    });
  });
}

/** The server with this private address, which is how fleet names machines. @throws PermanentError */
export function serverAt(servers: readonly Server[], privateAddress: string): Server {
  const server = servers.find((candidate) => candidate.privateAddress === privateAddress);
  if (server) return server;
  throw new PermanentError(`fleet names a machine at ${privateAddress}, and the provider has none there`, 'Run `fleetwright up` again: it mends the cluster.');
}
