import { beforeEach, describe, expect, it } from 'vitest';
import { parseClusterName, parseRunId, parseUnitName } from '../../language/ids.js';
import type { FleetClient, FleetUnit, TargetState } from '../../infra/fleet/client.js';
import type { UnitOption } from '../../infra/fleet/unitFile.js';
import { ensureUnit } from '../../activities/units.js';
import { runOf, withoutTag } from '../../infra/fleet/unitTag.js';

const NAME = parseUnitName('web@01.service');
const OPTIONS: readonly UnitOption[] = [{ section: 'Service', name: 'ExecStart', value: '/bin/true' }];
const request = { cluster: parseClusterName('units'), run: parseRunId('deploy/units#2'), name: NAME, options: OPTIONS };

let asked: string[];
let units: Map<string, FleetUnit>;
/** fleet's API as far as it is used, on a map. */
const fleet = {
  putUnit: async (name: string, options: readonly UnitOption[], desiredState: TargetState) => {
    asked.push(`put ${name} ${desiredState}`);
    units.set(name, { name: NAME, options, desiredState, currentState: desiredState });
  },
  setTarget: async (name: string, target: TargetState) => void asked.push(`target ${name} ${target}`),
} as unknown as FleetClient;

beforeEach(() => {
  asked = [];
  units = new Map();
});

describe('a unit', () => {
  it('that is not there is submitted with the run that did it', async () => {
    expect(await ensureUnit(fleet, undefined, { ...request, target: 'launched' })).toBe(true);
    expect(asked).toEqual(['put web@01.service launched']);
    expect(runOf(units.get(NAME)!)).toBe('deploy/units#2');
    expect(withoutTag(units.get(NAME)!.options)).toEqual(OPTIONS);
  });

  it('that stands as its file says is left alone, whichever run made it', async () => {
    await ensureUnit(fleet, undefined, { ...request, target: 'launched' });
    asked = [];
    expect(await ensureUnit(fleet, units.get(NAME), { ...request, run: parseRunId('deploy/units#3'), target: 'launched' })).toBe(false);
    expect(asked).toEqual([]);
    expect(runOf(units.get(NAME)!)).toBe('deploy/units#2');
  });

  it('that is submitted is only set to its target', async () => {
    await ensureUnit(fleet, undefined, { ...request, target: 'inactive' });
    asked = [];
    expect(await ensureUnit(fleet, units.get(NAME), { ...request, target: 'launched' })).toBe(true);
    expect(asked).toEqual(['target web@01.service launched']);
  });

  it('that runs is not stopped by submitting its file again', async () => {
    await ensureUnit(fleet, undefined, { ...request, target: 'launched' });
    expect(await ensureUnit(fleet, units.get(NAME), { ...request, target: 'inactive' })).toBe(false);
  });

  it('that is loaded is started by its target alone, and one that runs is not loaded', async () => {
    await ensureUnit(fleet, undefined, { ...request, target: 'loaded' });
    expect(await ensureUnit(fleet, units.get(NAME), { ...request, target: 'launched' })).toBe(true);
    expect(asked).toEqual(['put web@01.service loaded', 'target web@01.service launched']);
    units.set(NAME, { ...units.get(NAME)!, desiredState: 'launched' });
    expect(await ensureUnit(fleet, units.get(NAME), { ...request, target: 'loaded' })).toBe(false);
  });

  it('whose file has changed is replaced', async () => {
    await ensureUnit(fleet, undefined, { ...request, target: 'launched' });
    asked = [];
    const options = [{ section: 'Service', name: 'ExecStart', value: '/bin/false' }];
    expect(await ensureUnit(fleet, units.get(NAME), { ...request, options, target: 'launched' })).toBe(true);
    expect(asked).toEqual(['put web@01.service launched']);
  });
});
