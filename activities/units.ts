/**
 * Units of a run: submitted and started once, told apart by the run that made them.
 *
 * 1. A unit of ours carries the run that submitted it in the section X-Fleetwright, which systemd ignores; fleet has no tags.
 * 2. A unit that stands as its file says is left alone, whichever run made it.
 */
import type { ClusterName, RunId, UnitName } from '../language/ids.js';
import type { FleetClient, FleetUnit, TargetState } from '../infra/fleet/client.js';
import type { UnitOption } from '../infra/fleet/unitFile.js';
import { recordEffect } from '../infra/ledger.js';

const TAG = { section: 'X-Fleetwright', name: 'Run' } as const;

export interface UnitRequest {
  readonly cluster: ClusterName;
  readonly run: RunId;
  readonly name: UnitName;
  /** Of the unit's file. */
  readonly options: readonly UnitOption[];
  readonly target: TargetState;
}

/** Makes the unit as asked. @returns whether anything was changed */
export async function ensureUnit(fleet: FleetClient, existing: FleetUnit | undefined, request: UnitRequest): Promise<boolean> {
  const { cluster, run, name, options, target } = request;
  if (existing && sameOptions(withoutTag(existing.options), options)) {
    if (existing.desiredState === target || target === 'inactive') return false;
    await fleet.setTarget(name, target);
    recordEffect({ effect: 'start-unit', cluster, key: name, run });
    return true;
  }
  await fleet.putUnit(name, [...options, { ...TAG, value: run }], target);
  recordEffect({ effect: target === 'inactive' ? 'submit-unit' : 'start-unit', cluster, key: name, run });
  return true;
}

/** The run that submitted the unit. */
export function runOf(unit: FleetUnit): string | undefined {
  return unit.options.find((option) => option.section === TAG.section && option.name === TAG.name)?.value;
}

/** A unit's options as its file has them. */
export function withoutTag(options: readonly UnitOption[]): readonly UnitOption[] {
  return options.filter((option) => option.section !== TAG.section);
}

function sameOptions(left: readonly UnitOption[], right: readonly UnitOption[]): boolean {
  const key = (options: readonly UnitOption[]): string => JSON.stringify(options.map(({ section, name, value }) => [section, name, value]));
  return key(left) === key(right);
}
