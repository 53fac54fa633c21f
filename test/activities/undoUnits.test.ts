import { beforeEach, describe, expect, it } from 'vitest';
import type { ActionInput } from '../../activities/contract.js';
import { destroySubmitted, stopStarted } from '../../activities/undoUnits.js';
import type { FleetClient, FleetUnit, TargetState } from '../../infra/fleet/client.js';
import { withTag } from '../../infra/fleet/unitTag.js';
import { parseClusterName, parseRunId, parseUnitName } from '../../language/ids.js';

const CLUSTER = parseClusterName('units');
const RUN = parseRunId('deploy/units#2');
const EARLIER = parseRunId('deploy/units#1');

let units: FleetUnit[];
/** fleet's API as far as it is used, on a list. */
const fleet = {
  listUnits: async () => units,
  destroyUnit: async (name: string) => { units = units.filter((unit) => unit.name !== name); return true; },
  setTarget: async (name: string, desiredState: TargetState) => { units = units.map((unit) => (unit.name === name ? { ...unit, desiredState } : unit)); },
} as unknown as FleetClient;

function unit(name: string, desiredState: TargetState, run = RUN): FleetUnit {
  return { name: parseUnitName(name), options: withTag([], run), desiredState, currentState: desiredState };
}
const asked = (of: string, rest: Partial<ActionInput> = {}): ActionInput => ({ run: RUN, of, with: {}, ...rest }) as ActionInput;
const standing = (): string[] => units.map(({ name, desiredState }) => `${name} ${desiredState}`);

beforeEach(() => {
  units = [unit('db.service', 'launched'), unit('web@.service', 'inactive'), unit('web@01.service', 'launched'), unit('web@02.service', 'launched', EARLIER), unit('monweb@01.service', 'loaded')];
});

describe('the undo of what starts units', () => {
  it('stops the step\'s own units where a part of the run is undone, and leaves them with fleet', async () => {
    expect(await stopStarted(fleet, CLUSTER, asked('start-web-servers', { partly: true }))).toEqual(['web@01.service (stopped)']);
    expect(standing()).toEqual(['db.service launched', 'web@.service inactive', 'web@01.service loaded', 'web@02.service launched', 'monweb@01.service loaded']);
  });

  it('destroys them where the whole run is undone, but none that an earlier run submitted', async () => {
    expect(await stopStarted(fleet, CLUSTER, asked('start-web-servers'))).toEqual(['unit web@.service', 'unit web@01.service', 'unit monweb@01.service']);
    expect(standing()).toEqual(['db.service launched', 'web@02.service launched']);
  });

  it('is what a start does that was registered before it had an undo of its own', async () => {
    expect(await destroySubmitted(fleet, CLUSTER, asked('start-database', { partly: true }))).toEqual(['db.service (stopped)']);
  });
});

describe('the undo of what submits units', () => {
  it('destroys the step\'s own units, instances too, where a part of the run is undone', async () => {
    expect(await destroySubmitted(fleet, CLUSTER, asked('submit-units', { partly: true, with: { units: 'web@.service' } }))).toEqual(['unit web@.service', 'unit web@01.service']);
    expect(standing()).toEqual(['db.service launched', 'web@02.service launched', 'monweb@01.service loaded']);
  });

  it('destroys all that the run submitted where the whole run is undone', async () => {
    await destroySubmitted(fleet, CLUSTER, asked('submit-units', { with: { units: 'web@.service' } }));
    expect(standing()).toEqual(['web@02.service launched']);
  });
});
