/** Connections to servers elsewhere, for as long as a piece of work takes. */
import { TransientError } from '../errors.js';
import type { ClusterName } from '../../language/ids.js';
import type { Provider, Server } from '../provider.js';
import type { SshTransport } from '../ssh/connection.js';
import { withMachines } from '../ssh/pool.js';

export interface Reached {
  readonly server: Server;
  readonly machine: SshTransport;
}

/** A server that has just been booted takes its time until it lets us in. */
const BOOT_PATIENCE_MS = 10 * 60_000;

/** Gives `use` the machines in the servers' order. Connections are new ones: the rights of a login are those of its beginning. */
export async function reachAll<T>(provider: Provider, cluster: ClusterName, servers: readonly Server[], signal: AbortSignal, use: (reached: readonly Reached[]) => Promise<T>): Promise<T> {
  return withMachines({ signal, patienceMs: BOOT_PATIENCE_MS }, async (pool) => {
    const reached = servers.map(async (server) => ({ server, machine: await pool.machine(await provider.login(cluster, server)) }));
    return use(await Promise.all(reached));
  });
}

/** The server with the cluster's own services: the first by the provider's names. @throws TransientError when it is not there */
export async function firstServer(provider: Provider, cluster: ClusterName): Promise<Server> {
  const [name] = await provider.machineNames(1);
  const first = (await provider.listServers(cluster)).find((server) => server.name === name);
  if (first?.state === 'running') return first;
  throw new TransientError(`the first machine, ${name}, which holds the cluster's registry, ${first ? `is ${first.state}` : 'is not there'}`);
}
