/** A cluster as an activity sees it: its provider, its servers, and connections to its machines. */
import type { ClusterName, RunId } from '../language/ids.js';
import { InvalidInputError, PermanentError, TransientError } from '../infra/errors.js';
import type { Provider, ProviderSettings, Server } from '../infra/provider.js';
import { providerNamed } from '../infra/providers/index.js';
import { FleetClient } from '../infra/fleet/client.js';
import { once } from '../infra/once.js';
import type { Site, SiteCall } from '../infra/site/site.js';
import { siteOf } from '../infra/site/index.js';
import { loadSecrets } from '../infra/secrets/load.js';
import type { Secret } from '../infra/secret.js';
import { jumpHost, withMachines } from '../infra/ssh/pool.js';
import type { SshTransport } from '../infra/ssh/connection.js';
import { workerConnections } from '../infra/ssh/workerConnections.js';
import { clusterInput, optionalInput } from './action.js';
import type { Attendance } from './attend.js';
import type { ActionInput } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';

export interface Cluster {
  readonly name: ClusterName;
  readonly provider: Provider;
  readonly site: Site;
}

/** The cluster that an action's inputs `cluster`, `provider` and `provider-settings` name. @throws InvalidInputError, and what the provider throws */
export async function openCluster(deps: ActivityDependencies, input: ActionInput, { signal, log }: Attendance): Promise<Cluster> {
  const name = clusterInput(input.with);
  const docker = once(() => deps.docker({ onProgress: log.line, signal }));
  const settings = parseSettings(optionalInput(input.with, 'provider-settings'));
  const secret = secretOf(input.run);
  const provider = await providerNamed(optionalInput(input.with, 'provider') || 'local', { docker, settings, secret, onProgress: log.line });
  return { name, provider, site: await siteOf({ provider, cluster: name, settings, docker, secret }) };
}

/** The run's secrets, each as it is asked for. */
export function secretOf(run: RunId): (name: string) => Promise<Secret | undefined> {
  return async (name) => (await loadSecrets(run, { names: [name] })).get(name);
}

/** Who asks a site, from what an action gets. */
export function siteCall({ run }: Pick<ActionInput, 'run'>, { signal, log }: Attendance): SiteCall {
  return { run, signal, onProgress: log.line };
}

/** A JSON object, such as `toJSON(inputs)` gives; what is not text in it is taken as text. @throws InvalidInputError */
export function parseSettings(text: string): ProviderSettings {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return settingsOf(value as Readonly<Record<string, unknown>>);
  } catch {
    // Said below, together with what is JSON and no object.
  }
  throw new InvalidInputError('provider-settings is no JSON object', 'Give `provider-settings: ${{ toJSON(inputs) }}`, or leave it out.');
}

/** Values as the settings of a provider: each as text. */
export function settingsOf(values: Readonly<Record<string, unknown>>): ProviderSettings {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value ?? '')]));
}

/** How long a machine may take from its boot until it lets us in. */
export const BOOT_PATIENCE_MS = 5 * 60_000;

/** Connections to the machines of a cluster, for as long as `use` takes. */
export interface Machines {
  readonly servers: readonly Server[];
  /** The connection to one server. */
  at(server: Server): Promise<SshTransport>;
  /** Connections to all, in the servers' order. */
  all(): Promise<readonly SshTransport[]>;
  /** The jump host through which a server is reached, by its machine's name; undefined where it is reached from here. */
  way(name: string): Promise<SshTransport | undefined>;
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
  const logins = new Map(await Promise.all(servers.map(async (server) => [server, await cluster.provider.login(cluster.name, server)] as const)));
  return withMachines({ signal, patienceMs, kept: workerConnections }, (pool) => {
    const at = (server: Server): Promise<SshTransport> => pool.machine(logins.get(server)!);
    const any = (): Promise<SshTransport> => pool.any([...logins.values()]);
    return use({
      servers,
      at,
      way: (name) => jumpHost(pool, logins, name),
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
