/** `submit-units` and `destroy-units`: unit files on their way into fleet, and out of it. */
import { type ClusterName, parseUnitName, type RunId, type UnitName } from '../../language/ids.js';
import type { FleetClient, FleetUnit } from '../../infra/fleet/client.js';
import { templateOf } from '../../infra/fleet/instances.js';
import { unitFileRow } from '../../infra/fleet/rows.js';
import { shippedUnit } from '../../infra/fleet/shippedUnits.js';
import { runOf } from '../../infra/fleet/unitTag.js';
import { recordEffect } from '../../infra/ledger.js';
import { action, listInput, numberInput, undo, type Action, type Undo } from '../action.js';
import { onMachines, openCluster } from '../cluster.js';
import type { ActionInput, UndoResult } from '../contract.js';
import type { ActivityDependencies } from '../dependencies.js';
import { loadUnits } from '../loadUnits.js';
import { STARTED_BY } from '../shippedUnits.js';
import { ensureUnits } from '../units.js';

export function submitUnitsAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const names = listInput(input.with, 'units').map(parseUnitName);
    const files = await Promise.all(names.map(async (name) => ({ name, options: await shippedUnit(name) })));
    return onMachines(cluster, attendance, async (machines) => {
      const fleet = await machines.fleet();
      const request = { cluster: cluster.name, run: input.run };
      const changes = await ensureUnits(fleet, await fleet.listUnits(), files.map((file) => ({ ...request, target: 'inactive', ...file })));
      changes.forEach((submitted, i) => attendance.log.line(`${names[i]} ${submitted ? 'submitted' : 'was there'}`));
      const submitted = (await fleet.listUnits()).filter(({ name }) => names.includes(name));
      const count = numberInput(input.with, 'instances');
      const loaded = count > 0 ? await loadUnits(fleet, files, count, request) : [];
      if (loaded.length > 0) attendance.log.line(`loaded ${loaded.join(' ')}`);
      return { changed: changes.includes(true) || loaded.length > 0, outputs: { 'unit-files': submitted.map(unitFileRow) } };
    });
  });
}

/**
 * The units that this run submitted. A cluster that cannot be reached any more has its units removed with its servers. Where a part of the run is undone, the step's own
 * units: they are destroyed where it submitted them, and stopped where it started them.
 */
export function destroyUnitsUndo(deps: ActivityDependencies): Undo {
  return undo(async (input, attendance): Promise<UndoResult> => {
    const cluster = await openCluster(deps, input, attendance);
    const servers = await cluster.provider.listServers(cluster.name);
    const goWithServers = !input.partly && servers.every(({ tags }) => tags.run === input.run);
    if (goWithServers) return { removed: [], left: [] };
    const destroy = onMachines(cluster, attendance, async (machines) => {
      const fleet = await machines.fleet();
      const mine = (await fleet.listUnits()).filter((unit) => runOf(unit) === input.run && (!input.partly || isOfStep(unit.name, input)));
      if (input.partly && input.of !== SUBMIT) return stopUnits(fleet, mine, cluster.name, input.run);
      for (const { name } of mine) {
        if (await fleet.destroyUnit(name)) recordEffect({ effect: 'delete-unit', cluster: cluster.name, key: name, run: input.run });
      }
      return mine.map(({ name }) => `unit ${name}`);
    });
    return { removed: await destroy, left: [] };
  });
}

const SUBMIT = 'submit-units';

function isOfStep(name: UnitName, { of = '', with: values }: ActionInput): boolean {
  const files: readonly string[] = of === SUBMIT ? listInput(values, 'units') : STARTED_BY[of] ?? [];
  return files.includes(name) || files.includes(templateOf(name) ?? '');
}

/** They stay with fleet, on their machines. */
async function stopUnits(fleet: FleetClient, units: readonly FleetUnit[], cluster: ClusterName, run: RunId): Promise<readonly string[]> {
  const launched = units.filter(({ desiredState }) => desiredState === 'launched');
  for (const { name } of launched) {
    await fleet.setTarget(name, 'loaded');
    recordEffect({ effect: 'load-unit', cluster, key: name, run });
  }
  return launched.map(({ name }) => `${name} (stopped)`);
}
