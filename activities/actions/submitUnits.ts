/** `submit-units` and `destroy-units`: unit files on their way into fleet, and out of it. */
import { parseUnitName } from '../../language/ids.js';
import { unitFileRow } from '../../infra/fleet/rows.js';
import { shippedUnit } from '../../infra/fleet/shippedUnits.js';
import { runOf } from '../../infra/fleet/unitTag.js';
import { recordEffect } from '../../infra/ledger.js';
import { action, listInput, numberInput, undo, type Action, type Undo } from '../action.js';
import { onMachines, openCluster } from '../cluster.js';
import type { UndoResult } from '../contract.js';
import type { ActivityDependencies } from '../dependencies.js';
import { loadUnits } from '../loadUnits.js';
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

/** The units that this run submitted. A cluster that cannot be reached any more has its units removed with its servers. */
export function destroyUnitsUndo(deps: ActivityDependencies): Undo {
  return undo(async (input, attendance): Promise<UndoResult> => {
    const cluster = await openCluster(deps, input, attendance);
    const servers = await cluster.provider.listServers(cluster.name);
    const goWithServers = servers.every(({ tags }) => tags.run === input.run);
    if (goWithServers) return { removed: [], left: [] };
    const destroy = onMachines(cluster, attendance, async (machines) => {
      const fleet = await machines.fleet();
      const mine = (await fleet.listUnits()).filter((unit) => runOf(unit) === input.run);
      for (const { name } of mine) {
        if (await fleet.destroyUnit(name)) recordEffect({ effect: 'delete-unit', cluster: cluster.name, key: name, run: input.run });
      }
      return mine.map(({ name }) => `unit ${name}`);
    });
    return { removed: await destroy, left: [] };
  });
}
