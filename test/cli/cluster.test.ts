import { describe, expect, it } from 'vitest';
import { machineNamed, machineOfUnit, unitWord } from '../../cli/cluster/find.js';
import type { OpenCluster } from '../../cli/cluster/open.js';
import { etcd } from '../../cli/commands/etcd.js';
import { UsageError } from '../../cli/errors.js';
import { machineRows, unitFileRow } from '../../infra/fleet/rows.js';
import type { FleetClient, FleetUnit } from '../../infra/fleet/client.js';
import type { Server } from '../../infra/provider.js';
import { InvalidIdError } from '../../language/ids.js';
import { fakeTerminal } from './fakeTerminal.js';

const server = (name: string, privateAddress: string) => ({ name, privateAddress }) as Server;
const unit = (name: string, rest: Partial<FleetUnit> = {}) => ({ name, options: [], desiredState: 'launched', currentState: 'launched', ...rest }) as unknown as FleetUnit;

/** A cluster whose fleet has these units; `db.service` runs on core02. */
function cluster(...units: FleetUnit[]): OpenCluster {
  const fleet = {
    getUnit: async (name: string) => units.find((one) => one.name === name),
    listUnits: async () => units,
    unitStates: async (name: string) => (name === 'db.service' ? [{ name, machineID: 'b' }] : []),
    listMachines: async () => [{ id: 'a', primaryIP: '10.0.0.1', metadata: {} }, { id: 'b', primaryIP: '10.0.0.2', metadata: {} }],
  } as unknown as FleetClient;
  return { name: 'demo', servers: [server('core01', '10.0.0.1'), server('core02', '10.0.0.2')], fleet: async () => fleet } as unknown as OpenCluster;
}

describe('what a person names in a cluster', () => {
  it('is a machine that runs', () => {
    expect(machineNamed(cluster(), 'core02').name).toBe('core02');
    expect(() => machineNamed(cluster(), 'core03')).toThrow('no machine core03 runs in the cluster demo\n  There are: core01, core02.');
    for (const bad of ['core01;id', '-oProxyCommand=id', '../x', 'CORE01', '']) expect(() => machineNamed(cluster(), bad), bad).toThrow(InvalidIdError);
  });

  it('is a unit, without its ending where it is a service', () => {
    expect(unitWord('db')).toBe('db.service');
    expect(unitWord('web@03.service')).toBe('web@03.service');
    for (const bad of ['db service', '--all', 'db;id', '$(id)', '']) expect(() => unitWord(bad), bad).toThrow(InvalidIdError);
  });

  it('is on the machine on which fleet has put it', async () => {
    const made = cluster(unit('db.service'), unit('web@.service', { desiredState: 'inactive' }), unit('new.service', { machineID: 'a' }));
    expect((await machineOfUnit(made, unitWord('db'))).name).toBe('core02');
    expect((await machineOfUnit(made, unitWord('new'))).name).toBe('core01');
    await expect(machineOfUnit(made, unitWord('web@'))).rejects.toThrow('is on no machine (its target state is inactive)\n  It is a template: name an instance, as web@01.service.');
    await expect(machineOfUnit(made, unitWord('nwe'))).rejects.toThrow(UsageError);
  });
});

describe('etcd', () => {
  it('takes nothing for a key that is none, before anything is asked', async () => {
    for (const key of ['/a b', '/a/../b', '/$(id)', '/a?recursive=true', '/é']) await expect(etcd(fakeTerminal(), 'get', key, { cluster: 'nowhere' }), key).rejects.toThrow('is not a key');
    await expect(etcd(fakeTerminal(), 'get', undefined, {})).rejects.toThrow(UsageError);
  });
});

describe('rows', () => {
  it('have the columns of fleetctl', () => {
    expect(machineRows([{ id: 'b234567890', primaryIP: '10.0.0.2', metadata: { hostname: 'core02' } }, { id: 'a234567890', primaryIP: '10.0.0.1', metadata: { hostname: 'core01' } }])).toEqual([
      { MACHINE: 'a2345678...', IP: '10.0.0.1', METADATA: 'hostname=core01' }, { MACHINE: 'b2345678...', IP: '10.0.0.2', METADATA: 'hostname=core02' },
    ]);
  });

  it('of a unit file have the same hash whichever run submitted it', () => {
    const options = [{ section: 'Service', name: 'ExecStart', value: '/bin/true' }];
    const [one, other] = ['#1', '#2'].map((run) => unitFileRow(unit('db.service', { options: [...options, { section: 'X-Fleetwright', name: 'Run', value: run }] })));
    expect(one).toEqual(other);
    expect(one).toEqual({ UNIT: 'db.service', HASH: expect.stringMatching(/^[0-9a-f]{7}$/), DSTATE: 'launched', STATE: 'launched' });
  });
});
