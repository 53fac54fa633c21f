/**
 * `load-units`: units placed on machines and loaded there before they are started.
 *
 * fleet tells a machine of a new unit in two steps (the engine places it, the agent of that machine takes it up), with a pause of a second or
 * more after each; a unit that is loaded already takes the second alone. It costs nothing while other steps wait.
 */
import { parseUnitName, type UnitName } from '../../language/ids.js';
import { instanceNames } from '../../infra/fleet/instances.js';
import { shippedUnit } from '../../infra/fleet/shippedUnits.js';
import { action, listInput, numberInput, type Action } from '../action.js';
import { onMachines, openCluster } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';
import { ensureUnits } from '../units.js';

export function loadUnitsAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const count = numberInput(input.with, 'count');
    const files = await Promise.all(listInput(input.with, 'units').map(parseUnitName).map(async (name) => ({ name, options: await shippedUnit(name) })));
    return onMachines(cluster, attendance, async (machines) => {
      const fleet = await machines.fleet();
      const held = await fleet.listUnits();
      const wanted = files.flatMap(({ name, options }) => instancesOf(name, count).map((unit) => ({ name: unit, options })));
      const missing = wanted.filter(({ name }) => !held.some((unit) => unit.name === name && unit.desiredState !== 'inactive'));
      await ensureUnits(fleet, held, missing.map((unit) => ({ cluster: cluster.name, run: input.run, target: 'loaded', ...unit })));
      attendance.log.line(missing.length > 0 ? `loaded ${missing.map(({ name }) => name).join(' ')}` : 'all are loaded');
      return { changed: missing.length > 0 };
    });
  });
}

function instancesOf(name: UnitName, count: number): readonly UnitName[] {
  return name.includes('@.') ? instanceNames(name, count) : [name];
}
