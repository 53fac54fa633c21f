/** A cluster as the command line looks into it: its servers by the provider, and connections to them. Nothing is made or started. */
import { lookForEngine } from '../engine.js';
import { EtcdClient } from '../../infra/etcd/client.js';
import { InvalidInputError, PermanentError, shellWord } from '../../infra/errors.js';
import { FleetClient } from '../../infra/fleet/client.js';
import { once } from '../../infra/once.js';
import type { Provider, Server } from '../../infra/provider.js';
import { providerNamed } from '../../infra/providers/index.js';
import type { SshTransport } from '../../infra/ssh/connection.js';
import { jumpHost, withMachines } from '../../infra/ssh/pool.js';
import { type ClusterName, parseClusterName } from '../../language/ids.js';
import { UsageError } from '../errors.js';
import { parseInputs } from '../inputs.js';
import { checkProviderName } from '../values/provider.js';

export interface ClusterFlags {
  /** @default demo */
  readonly cluster?: string;
  /** @default local */
  readonly provider?: string;
  /** What the provider needs to know, as `up` was given it. */
  readonly input?: readonly string[];
  readonly json?: boolean;
}

export interface OpenCluster {
  readonly name: ClusterName;
  /** Those that run. */
  readonly servers: readonly Server[];
  at(server: Server): Promise<SshTransport>;
  /** The jump host through which a machine is reached, by its name; undefined where it is reached from here. */
  way(name: string): Promise<SshTransport | undefined>;
  /** The first machine that answers. */
  any(): Promise<SshTransport>;
  fleet(): Promise<FleetClient>;
  etcd(): Promise<EtcdClient>;
}

/** @throws InvalidIdError, UsageError for flags; PermanentError when the cluster has no running machine; as `connectSsh` */
export async function withCluster<T>(flags: ClusterFlags, use: (cluster: OpenCluster) => Promise<T>): Promise<T> {
  const name = parseClusterName(flags.cluster ?? 'demo');
  const provider = await openProvider(flags);
  const found = await provider.listServers(name);
  const servers = found.filter(({ state }) => state === 'running');
  if (servers.length === 0) throw noMachine(name, found.length);
  const logins = new Map(await Promise.all(servers.map(async (server) => [server, await provider.login(name, server)] as const)));
  return withMachines({}, (pool) => {
    const any = once(() => pool.any([...logins.values()]));
    return use({
      name, servers, any,
      at: (server) => pool.machine(logins.get(server)!),
      way: (machine) => jumpHost(pool, logins, machine),
      fleet: async () => new FleetClient(await any()),
      etcd: async () => EtcdClient.onMachine(await any()),
    });
  });
}

/** @throws UsageError for flags, PermanentError where its engine does not answer */
export async function openProvider({ provider = 'local', input }: ClusterFlags): Promise<Provider> {
  checkProviderName(provider);
  try {
    return await providerNamed(provider, { docker, settings: parseInputs(input ?? []) });
  } catch (error) {
    if (error instanceof InvalidInputError) throw new UsageError(error.message);
    throw error;
  }
}

async function docker() {
  const { engine, why = 'no Docker engine answers', remedy } = await lookForEngine();
  if (engine === undefined) throw new PermanentError(why, remedy ?? 'The machines of a local cluster are on one: `fleetwright up` starts it, `fleetwright doctor` says more.');
  return engine.docker;
}

function noMachine(name: ClusterName, stopped: number): PermanentError {
  const up = `fleetwright up${name === 'demo' ? '' : ` --cluster ${shellWord(name)}`}`;
  return stopped === 0
    ? new PermanentError(`there is no cluster ${name}`, `Bring it up with \`${up}\`; \`fleetwright status\` lists those that are there.`)
    : new PermanentError(`no machine of the cluster ${name} runs`, `\`${up}\` starts its ${stopped} again.`);
}
