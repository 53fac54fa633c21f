/** What a run would make, change and remove of a cluster as it is now. Nothing is changed by looking. */
import { templateOf } from '../../infra/fleet/instances.js';
import type { FleetUnit } from '../../infra/fleet/client.js';
import { shippedUnit } from '../../infra/fleet/shippedUnits.js';
import { sameOptions, type UnitOption } from '../../infra/fleet/unitFile.js';
import { withoutTag } from '../../infra/fleet/unitTag.js';
import type { Provider, Server } from '../../infra/provider.js';
import { type ClusterName, parseClusterName, type UnitName } from '../../language/ids.js';
import type { Preview } from '../../language/preview.js';
import { openProvider, withCluster } from '../cluster/open.js';
import { UsageError } from '../errors.js';
import { type Wanted, wantedOf } from './wanted.js';

export interface Change {
  readonly change: 'made' | 'started' | 'changed' | 'removed';
  /** `server core05`, `unit web@11.service`. */
  readonly thing: string;
}

/** @throws UsageError for a plan without an input `cluster`; as `withCluster` */
export async function liveChanges(preview: Preview): Promise<readonly Change[]> {
  const { cluster, provider = 'local' } = preview.inputs;
  if (cluster === undefined) throw new UsageError(`--live is for files with an input "cluster": ${preview.file} has none`);
  const name = parseClusterName(String(cluster));
  const flags = { cluster: name, provider: String(provider), input: Object.entries(preview.inputs).map(([key, value]) => `${key}=${value}`) };
  const wanted = wantedOf(preview);
  const opened = await openProvider(flags);
  const servers = await opened.listServers(name);
  const units = servers.some(({ state }) => state === 'running') ? await withCluster(flags, async (found) => (await found.fleet()).listUnits()) : [];
  return wanted.nothing ? removed(servers, units, name) : [...await serverChanges(wanted, opened, servers), ...await unitChanges(wanted, units)];
}

async function serverChanges({ machines }: Wanted, provider: Provider, servers: readonly Server[]): Promise<readonly Change[]> {
  if (machines === undefined) return [];
  const names = await provider.machineNames(machines);
  return names.flatMap((name): Change[] => {
    const server = servers.find((one) => one.name === name);
    if (server === undefined || server.state === 'error') return [{ change: 'made', thing: `server ${name}` }];
    return server.state === 'stopped' ? [{ change: 'started', thing: `server ${name}` }] : [];
  });
}

async function unitChanges({ units, counts }: Wanted, held: readonly FleetUnit[]): Promise<readonly Change[]> {
  const files = new Map<UnitName, readonly UnitOption[]>();
  for (const file of new Set(units.map((unit) => templateOf(unit) ?? unit))) files.set(file, await shippedUnit(file));
  const changes = units.flatMap((name): Change[] => {
    const unit = held.find((one) => one.name === name);
    if (unit === undefined) return [{ change: 'made', thing: `unit ${name}` }];
    return sameOptions(withoutTag(unit.options), files.get(templateOf(name) ?? name) ?? []) ? [] : [{ change: 'changed', thing: `unit ${name}` }];
  });
  const surplus = held.filter(({ name }) => { const template = templateOf(name); return template !== undefined && counts.has(template) && !units.includes(name); });
  return [...changes, ...surplus.map(({ name }): Change => ({ change: 'removed', thing: `unit ${name}` }))];
}

function removed(servers: readonly Server[], units: readonly FleetUnit[], cluster: ClusterName): readonly Change[] {
  const things = [...units.map(({ name }) => `unit ${name}`), ...servers.map(({ name }) => `server ${name}`)];
  return things.length === 0 ? [] : [...things, `all else that carries the name ${cluster}: networks, volumes, services, files`].map((thing) => ({ change: 'removed', thing }));
}
