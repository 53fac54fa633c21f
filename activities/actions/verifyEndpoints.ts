/** `verify-endpoints`: every page of every web server that etcd holds, from outside (where a machine is behind a jump host, from there), status and body. */
import { TransientError } from '../../infra/errors.js';
import { EtcdClient } from '../../infra/etcd/client.js';
import { unitRows } from '../../infra/fleet/rows.js';
import { instanceNames } from '../../infra/fleet/instances.js';
import { announcementRows, webAnnouncements, type Announcement } from '../../infra/etcd/announcements.js';
import { action, numberInput, type Action } from '../action.js';
import { onMachines, openCluster } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';
import { fetchPage, type Way } from '../../infra/endpoints/fetchPage.js';
import { PAGES } from '../../infra/endpoints/pages.js';
import { WEB } from '../shippedUnits.js';
import { untilTrue } from '../untilTrue.js';

export function verifyEndpointsAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { signal } = attendance;
    const cluster = await openCluster(deps, input, attendance);
    const wanted = instanceNames(WEB, numberInput(input.with, 'count'));
    return onMachines(cluster, attendance, async (machines) => {
      const etcd = EtcdClient.onMachine(await machines.any(), { signal });
      let found = new Map<string, Announcement>();
      let rows: readonly Readonly<Record<string, string>>[] = [];
      await untilTrue(`all ${wanted.length} web servers serve every page`, attendance, async () => {
        found = new Map(await webAnnouncements(etcd));
        const endpoints = [...found.values()].filter(({ unit }) => wanted.some((name) => name === unit));
        const missing = wanted.filter((name) => !endpoints.some(({ unit }) => unit === name));
        if (missing.length > 0) throw new TransientError(`etcd does not hold ${missing.join(', ')}`);
        rows = await Promise.all(endpoints.map(async (endpoint) => verify(endpoint, signal, await machines.way(endpoint.host))));
        return true;
      });
      const outputs = { units: await unitRows(await machines.fleet(), machines.servers), etcd: announcementRows(found), endpoints: rows };
      return { changed: false, outputs };
    });
  });
}

/** A row of the endpoints' table. @throws TransientError naming the page that is not as it should be */
async function verify({ unit, host, publicAddress, port }: Announcement, signal: AbortSignal, way: Way | undefined): Promise<Readonly<Record<string, string>>> {
  const base = `http://${publicAddress}:${port}`;
  const cells: Record<string, string> = { UNIT: unit, HOST: host, ADDRESS: base };
  for (const page of PAGES) cells[page.path] = await fetchPage(base, page, signal, way);
  return cells;
}
