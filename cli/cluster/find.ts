/** What a person names in a cluster: a machine, a unit. */
import { PermanentError } from '../../infra/errors.js';
import type { Server } from '../../infra/provider.js';
import { suggest } from '../../language/diagnostics.js';
import { parseMachineName, parseUnitName, type UnitName } from '../../language/ids.js';
import { UsageError } from '../errors.js';
import type { OpenCluster } from './open.js';

/** @throws InvalidIdError for a name that is none, UsageError with the machines that run */
export function machineNamed({ name, servers }: OpenCluster, word: string): Server {
  const wanted = parseMachineName(word);
  const server = servers.find((one) => one.name === wanted);
  if (server !== undefined) return server;
  throw new UsageError(`no machine ${wanted} runs in the cluster ${name}\n  There are: ${servers.map((one) => one.name).join(', ')}.`);
}

/** `db` means `db.service`, as fleetctl takes it. @throws InvalidIdError */
export function unitWord(word: string): UnitName {
  return parseUnitName(/\.[a-z]+$/.test(word) ? word : `${word}.service`);
}

/** The machine on which fleet has put the unit. @throws UsageError when fleet does not have it, PermanentError when it stands nowhere */
export async function machineOfUnit(cluster: OpenCluster, unit: UnitName): Promise<Server> {
  const fleet = await cluster.fleet();
  const [known, states, members] = [await fleet.getUnit(unit), await fleet.unitStates(unit), await fleet.listMachines()];
  if (known === undefined) {
    const names = (await fleet.listUnits()).map(({ name }) => name as string);
    const near = suggest(unit, names);
    throw new UsageError(`fleet has no unit ${unit} in the cluster ${cluster.name}${near === undefined ? '' : `; ${near}`}\n  \`fleetwright units\` and \`fleetwright unit-files\` list those that there are.`);
  }
  const at = states[0]?.machineID ?? known.machineID;
  const address = members.find(({ id }) => id === at)?.primaryIP;
  const server = cluster.servers.find(({ privateAddress }) => privateAddress === address);
  if (server !== undefined) return server;
  throw new PermanentError(`${unit} is on no machine (its target state is ${known.desiredState})`, unit.includes('@.') ? `It is a template: name an instance, as ${unit.replace('@.', '@01.')}.` : '`fleetwright up` mends the cluster.');
}
