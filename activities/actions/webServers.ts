/** `start-web-servers`: the instances of web@ and monweb@, until etcd holds every one. */
import type { UnitName } from '../../language/ids.js';
import { EtcdClient } from '../../infra/etcd/client.js';
import type { FleetClient, FleetUnit } from '../../infra/fleet/client.js';
import { instanceNames, instanceOf, templateOf } from '../../infra/fleet/instances.js';
import { shippedUnit } from '../../infra/fleet/shippedUnits.js';
import { recordEffect } from '../../infra/ledger.js';
import { webAnnouncements } from '../../infra/etcd/announcements.js';
import { action, numberInput, type Action } from '../action.js';
import type { Attendance } from '../attend.js';
import { onMachines, openCluster, type Machines } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';
import { fetchPage } from '../../infra/endpoints/fetchPage.js';
import { restartOutdated } from '../outdated.js';
import { MONWEB, WEB } from '../shippedUnits.js';
import { HEALTH_PAGE } from '../../infra/endpoints/pages.js';
import { ensureUnits, type UnitRequest } from '../units.js';
import { untilTrue } from '../untilTrue.js';

export function startWebServersAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const count = numberInput(input.with, 'count');
    const request = { cluster: cluster.name, run: input.run, target: 'launched' } as const;
    return onMachines(cluster, attendance, async (machines) => {
      const fleet = await machines.fleet();
      const existing = await fleet.listUnits();
      const webs = await requests(WEB, count, request);
      const monitors = await requests(MONWEB, count, request);
      // The first alone, so that fleet has a load to spread the others around.
      const changes = [...await ensureUnits(fleet, existing, webs.slice(0, 1)), ...await ensureUnits(fleet, existing, [...webs.slice(1), ...monitors])];
      const surplus = await destroySurplus(fleet, existing, request, [...webs, ...monitors].map(({ name }) => name));
      if (surplus.length > 0) {
        await untilTrue(`${surplus.join(', ')} have stopped`, attendance, async () => (await fleet.unitStates()).every(({ name }) => !surplus.includes(name)));
      }
      const etcd = EtcdClient.onMachine(await machines.any());
      const wanted = webs.map(({ name }) => name as string);
      await untilTrue(`etcd holds all ${count} web servers`, attendance, async () => {
        const units = [...(await webAnnouncements(etcd)).values()].map(({ unit }) => unit);
        return wanted.every((name) => units.includes(name));
      });
      const restarted = changes.every(Boolean) ? [] : await restartOutdatedWebs(machines, webs, { cluster: cluster.name, run: input.run }, attendance);
      return { changed: changes.includes(true) || surplus.length > 0 || restarted.length > 0 };
    });
  });
}

/** Web servers whose image has been replaced, machine by machine, each until its pages are healthy again. */
async function restartOutdatedWebs(
  machines: Machines, webs: readonly UnitRequest[], who: Pick<UnitRequest, 'cluster' | 'run'>, attendance: Attendance,
): Promise<readonly UnitName[]> {
  const named = await Promise.all(machines.servers.map(async (server) => ({ name: server.name, transport: await machines.at(server) })));
  const etcd = EtcdClient.onMachine(named[0]!.transport);
  const settled = (units: readonly UnitName[]): Promise<void> => untilTrue(`${units.join(', ')} are healthy`, attendance, async () => {
    const endpoints = [...(await webAnnouncements(etcd)).values()].filter(({ unit }) => units.some((name) => name === unit));
    await Promise.all(endpoints.map(async ({ host, publicAddress, port }) => fetchPage(`http://${publicAddress}:${port}`, HEALTH_PAGE, attendance.signal, await machines.way(host))));
    return endpoints.length === units.length;
  });
  const units = new Map(webs.map(({ name }) => [`web${instanceOf(name)}`, name]));
  return restartOutdated(named, { ...who, units, settled }, attendance);
}

async function requests(template: UnitName, count: number, request: Omit<UnitRequest, 'name' | 'options'>): Promise<readonly UnitRequest[]> {
  const options = await shippedUnit(template);
  return instanceNames(template, count).map((name) => ({ ...request, name, options }));
}

/** Instances beyond those wanted: the cluster had more web servers. @returns what was destroyed */
async function destroySurplus(
  fleet: FleetClient,
  existing: readonly FleetUnit[],
  { cluster, run }: Omit<UnitRequest, 'name' | 'options'>,
  wanted: readonly UnitName[],
): Promise<readonly UnitName[]> {
  const surplus = existing.filter(({ name }) => [WEB, MONWEB].includes(templateOf(name) ?? name) && templateOf(name) && !wanted.includes(name));
  for (const { name } of surplus) {
    if (await fleet.destroyUnit(name)) recordEffect({ effect: 'delete-unit', cluster, key: name, run });
  }
  return surplus.map(({ name }) => name);
}
