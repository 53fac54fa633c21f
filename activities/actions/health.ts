/** `wait-for-cluster` and `share-secrets`: the machines are there, and together. */
import type { MachineName } from '../../language/ids.js';
import { TransientError } from '../../infra/errors.js';
import { EtcdClient } from '../../infra/etcd/client.js';
import { replaceLostMember } from '../../infra/etcd/replaceMember.js';
import type { FleetMachine } from '../../infra/fleet/client.js';
import type { Server } from '../../infra/provider.js';
import type { Transport } from '../../infra/transport.js';
import { ensureClusterSecrets } from '../../infra/clusterSecrets.js';
import { waitFor } from '../../infra/wait.js';
import { action, numberInput, type Action } from '../action.js';
import { BOOT_PATIENCE_MS, onMachines, openCluster, type Machines } from '../cluster.js';
import type { Attendance } from '../attend.js';
import { machineRows } from '../../infra/fleet/rows.js';
import type { ActivityDependencies } from '../dependencies.js';

/** So many looks in a row must be good: one may be luck while etcd elects a leader. */
const GOOD_LOOKS = 3;
const BETWEEN_LOOKS_MS = 200;
const HEALTH_TIMEOUT_MS = 5 * 60_000;

export function waitForClusterAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const count = numberInput(input.with, 'machines');
    const machines = await onMachines(cluster, attendance, (reach) => healthy(reach, count, attendance), { patienceMs: BOOT_PATIENCE_MS });
    return { changed: false, outputs: { machines: machineRows(machines) } };
  });
}

async function healthy(reach: Machines, count: number, { signal, log }: Attendance): Promise<readonly FleetMachine[]> {
  let good = 0;
  let problem = '';
  const seen = await waitFor(
    async () => {
      const look = await lookAt(reach, count).catch((error: unknown) => (error instanceof TransientError ? error.message : Promise.reject(error)));
      good = typeof look === 'string' ? 0 : good + 1;
      if (typeof look === 'string' && look !== problem) log.line((problem = look));
      return typeof look !== 'string' && good >= GOOD_LOOKS ? look : undefined;
    },
    { timeoutMs: HEALTH_TIMEOUT_MS, intervalMs: BETWEEN_LOOKS_MS, signal },
  );
  if (seen) return seen;
  throw new TransientError(`the cluster was not healthy after ${HEALTH_TIMEOUT_MS / 60_000} minutes: ${problem}`);
}

/** fleet's machines, or what is not yet as it should be. */
async function lookAt(reach: Machines, count: number): Promise<readonly FleetMachine[] | string> {
  if (reach.servers.length < count) return `${reach.servers.length} of ${count} servers run`;
  const transports = await reach.all();
  const etcds = await Promise.all(transports.map((transport) => EtcdClient.onMachine(transport).healthy()));
  const sick = reach.servers.filter((_, i) => !etcds[i]);
  if (sick.length > 0) {
    const replaced = await replaceLost(reach, transports[etcds.indexOf(true)], sick);
    return `etcd is not healthy on ${sick.map(({ name }) => name).join(', ')}${replaced.map((name) => `; ${name} joins again, in place of its lost disk`).join('')}`;
  }
  const machines = await (await reach.fleet()).listMachines();
  return machines.length < count ? `fleet lists ${machines.length} of ${count} machines` : machines;
}

/** Of the sick machines, those that were made anew under an old name and have now been put into etcd's cluster. */
async function replaceLost(reach: Machines, healthy: Transport | undefined, sick: readonly Server[]): Promise<readonly MachineName[]> {
  if (!healthy) return [];
  const replaced: MachineName[] = [];
  // One after the other: etcd changes its membership one member at a time.
  for (const server of sick) {
    const lost = { name: server.name, privateAddress: server.privateAddress, machine: await reach.at(server) };
    if (await replaceLostMember(EtcdClient.onMachine(healthy), lost)) replaced.push(server.name);
  }
  return replaced;
}

export function shareSecretsAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { signal, log } = attendance;
    const cluster = await openCluster(deps, input, attendance);
    const { written, created } = await onMachines(cluster, attendance, async ({ all }) => ensureClusterSecrets(await all(), { signal }), { patienceMs: BOOT_PATIENCE_MS });
    log.line(`passwords ${created ? 'made' : 'were there'}; written to ${written} machines`);
    return { changed: written > 0 };
  });
}
