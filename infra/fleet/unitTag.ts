/** By which run a unit was submitted: fleet has no tags, so it stands in a section of the unit that systemd ignores. */
import type { RunId } from '../../language/ids.js';
import type { FleetUnit } from './client.js';
import type { UnitOption } from './unitFile.js';

const TAG = { section: 'X-Fleetwright', name: 'Run' } as const;

/** A unit's options, with the run that submits it. */
export function withTag(options: readonly UnitOption[], run: RunId): readonly UnitOption[] {
  return [...options, { ...TAG, value: run }];
}

/** The run that submitted the unit. */
export function runOf(unit: FleetUnit): string | undefined {
  return unit.options.find((option) => option.section === TAG.section && option.name === TAG.name)?.value;
}

/** A unit's options as its file has them. */
export function withoutTag(options: readonly UnitOption[]): readonly UnitOption[] {
  return options.filter((option) => option.section !== TAG.section);
}
