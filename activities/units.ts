/**
 * Units of a run: submitted and started once, told apart by the run that made them.
 *
 * 1. A unit of ours carries the run that submitted it in the section X-Fleetwright, which systemd ignores; fleet has no tags.
 * 2. A unit that stands as its file says is left alone, whichever run made it.
 */
import type { ClusterName, RunId, UnitName } from '../language/ids.js';
import type { FleetClient, FleetUnit, TargetState } from '../infra/fleet/client.js';
import { sameOptions, type UnitOption } from '../infra/fleet/unitFile.js';
import { withoutTag, withTag } from '../infra/fleet/unitTag.js';
import { recordEffect } from '../infra/ledger.js';

/** fleet answers 500 when it is sent many units at once (fleet #1318). */
const AT_ONCE = 4;

export interface UnitRequest {
  readonly cluster: ClusterName;
  readonly run: RunId;
  readonly name: UnitName;
  /** Of the unit's file. */
  readonly options: readonly UnitOption[];
  readonly target: TargetState;
}

/** Each holds what the one before does. */
const ORDER: readonly TargetState[] = ['inactive', 'loaded', 'launched'];
const EFFECTS = { inactive: 'submit-unit', loaded: 'load-unit', launched: 'start-unit' } as const;

/** Makes the unit as asked, or leaves it at more than that. @returns whether anything was changed */
export async function ensureUnit(fleet: FleetClient, existing: FleetUnit | undefined, request: UnitRequest): Promise<boolean> {
  const { cluster, run, name, options, target } = request;
  if (existing && sameOptions(withoutTag(existing.options), options)) {
    if (ORDER.indexOf(existing.desiredState) >= ORDER.indexOf(target)) return false;
    await fleet.setTarget(name, target);
    recordEffect({ effect: EFFECTS[target], cluster, key: name, run });
    return true;
  }
  await fleet.putUnit(name, withTag(options, run), target);
  recordEffect({ effect: EFFECTS[target], cluster, key: name, run });
  return true;
}

/** As `ensureUnit`, some at once. @param existing what fleet has @returns for each whether it was changed */
export async function ensureUnits(fleet: FleetClient, existing: readonly FleetUnit[], wanted: readonly UnitRequest[]): Promise<readonly boolean[]> {
  const changes: boolean[] = [];
  for (let i = 0; i < wanted.length; i += AT_ONCE) {
    const batch = wanted.slice(i, i + AT_ONCE).map((request) => ensureUnit(fleet, existing.find(({ name }) => name === request.name), request));
    changes.push(...(await Promise.all(batch)));
  }
  return changes;
}
