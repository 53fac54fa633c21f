/** `start-database` and `import-database`: the database, its cities, and its place in etcd. */
import type { UnitName } from '../../language/ids.js';
import { EtcdClient } from '../../infra/etcd/client.js';
import type { FleetClient } from '../../infra/fleet/client.js';
import { shippedUnit } from '../../infra/fleet/shippedUnits.js';
import { recordEffect } from '../../infra/ledger.js';
import type { Transport } from '../../infra/transport.js';
import { action, numberInput, type Action } from '../action.js';
import { onMachines, openCluster, serverAt, type Cluster, type Machines } from '../cluster.js';
import type { ActionInput } from '../contract.js';
import type { ActivityDependencies } from '../dependencies.js';
import { restartOutdated, type NamedMachine } from '../outdated.js';
import { DB, DBHELPER, MONDB } from '../shippedUnits.js';
import { untilTrue } from '../untilTrue.js';
import { ensureUnit } from '../units.js';

/** Where mondb announces the database. */
export const DATABASE_KEY = '/services/db';

export function startDatabaseAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    return onMachines(cluster, attendance, async (machines) => {
      const fleet = await machines.fleet();
      const answers = (): Promise<void> => untilTrue('the database answers queries', attendance, async () => {
        const machine = await machineOf(machines, fleet, DB);
        return machine !== undefined && (await query(machine, 'SELECT 1')) === '1';
      });
      const launched = await launch(fleet, cluster, input, DB);
      await answers();
      // What was started just now has the newest image.
      if (launched) return { changed: true };
      const request = { cluster: cluster.name, run: input.run, units: new Map([['db', DB]]), settled: answers };
      const restarted = await restartOutdated(await hostOf(machines, fleet, DB), request, attendance);
      return { changed: restarted.length > 0 };
    });
  });
}

export function importDatabaseAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const cities = numberInput(input.with, 'cities');
    return onMachines(cluster, attendance, async (machines) => {
      const fleet = await machines.fleet();
      const launched = [await launch(fleet, cluster, input, DBHELPER), await launch(fleet, cluster, input, MONDB)];
      const filled = (): Promise<void> => untilTrue(`world.City has ${cities} rows`, attendance, async () => {
        const machine = await machineOf(machines, fleet, DB);
        const count = machine && (await query(machine, 'SELECT COUNT(*) FROM world.City'));
        return count === String(cities);
      });
      await filled();
      const request = { cluster: cluster.name, run: input.run, units: new Map([['dbhelper', DBHELPER]]), settled: filled };
      const restarted = launched[0] ? [] : await restartOutdated(await hostOf(machines, fleet, DBHELPER), request, attendance);
      if (launched[0]) recordEffect({ effect: 'import-database', cluster: cluster.name, key: 'world', run: input.run });
      await untilTrue(`etcd holds ${DATABASE_KEY}`, attendance, async () => (await EtcdClient.onMachine(await machines.any()).get(DATABASE_KEY)) !== undefined);
      return { changed: launched.includes(true) || restarted.length > 0 };
    });
  });
}

async function launch(fleet: FleetClient, cluster: Cluster, input: ActionInput, name: UnitName): Promise<boolean> {
  const options = await shippedUnit(name);
  return ensureUnit(fleet, await fleet.getUnit(name), { cluster: cluster.name, run: input.run, name, options, target: 'launched' });
}

/** A connection to the machine on which fleet has placed the unit; undefined while it is placed nowhere. */
async function machineOf(machines: Machines, fleet: FleetClient, name: UnitName): Promise<Transport | undefined> {
  const [unit, members] = [await fleet.getUnit(name), await fleet.listMachines()];
  const member = members.find(({ id }) => id === unit?.machineID);
  return member && machines.at(serverAt(machines.servers, member.primaryIP));
}

async function hostOf(machines: Machines, fleet: FleetClient, name: UnitName): Promise<readonly NamedMachine[]> {
  const transport = await machineOf(machines, fleet, name);
  return transport ? [{ name: `the machine of ${name}`, transport }] : [];
}

/** Inside the database's container: holds root's password, so that it is in no argument. */
const CLIENT_OPTIONS = '--defaults-extra-file=/run/mysqld/client.cnf';

/** The first field of the answer; undefined when the database does not answer. */
async function query(machine: Transport, sql: string): Promise<string | undefined> {
  const { exitCode, stdout } = await machine.exec(['docker', 'exec', 'db', 'mariadb', CLIENT_OPTIONS, '--batch', '--skip-column-names', '--execute', sql], { timeoutMs: 10_000 });
  return exitCode === 0 ? stdout.trim() : undefined;
}
