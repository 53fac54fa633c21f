/** `submit-units`: unit files on their way into fleet. */
import { parseUnitName } from '../../language/ids.js';
import { unitFileRow } from '../../infra/fleet/rows.js';
import { shippedUnit } from '../../infra/fleet/shippedUnits.js';
import { action, listInput, numberInput, type Action } from '../action.js';
import { onMachines, openCluster } from '../cluster.js';
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
