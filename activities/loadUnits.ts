/**
 * Units placed on machines and loaded there before they are started.
 *
 * fleet tells a machine of a new unit in two steps (the engine places it, the agent of that machine takes it up), with a pause of a second or
 * more after each; a unit that is loaded already takes the second alone. It costs nothing while other steps wait.
 */
import type { UnitName } from '../language/ids.js';
import type { FleetClient } from '../infra/fleet/client.js';
import { instanceNames } from '../infra/fleet/instances.js';
import type { UnitOption } from '../infra/fleet/unitFile.js';
import { ensureUnits, type UnitRequest } from './units.js';

export interface UnitFile {
  readonly name: UnitName;
  readonly options: readonly UnitOption[];
}

/** Loads the units, of a template its first `count` instances; those that are loaded or run already stay. @returns what was loaded */
export async function loadUnits(
  fleet: FleetClient, files: readonly UnitFile[], count: number, request: Pick<UnitRequest, 'cluster' | 'run'>,
): Promise<readonly UnitName[]> {
  const held = await fleet.listUnits();
  const wanted = files.flatMap(({ name, options }) => instancesOf(name, count).map((unit) => ({ name: unit, options })));
  const missing = wanted.filter(({ name }) => !held.some((unit) => unit.name === name && unit.desiredState !== 'inactive'));
  await ensureUnits(fleet, held, missing.map((unit) => ({ ...request, target: 'loaded', ...unit })));
  return missing.map(({ name }) => name);
}

function instancesOf(name: UnitName, count: number): readonly UnitName[] {
  return name.includes('@.') ? instanceNames(name, count) : [name];
}
