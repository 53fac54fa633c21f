import { describe, expect, it } from 'vitest';
import { refuseSameMachines } from '../../infra/site/setUpMachines.js';
import { parseMachineName } from '../../language/ids.js';

const host = (name: string, machineId: string) => ({ server: { name: parseMachineName(name) }, look: { machineId } });

describe('servers that become machines', () => {
  it('are refused by name where fleet would take them for one, with what to do', () => {
    const hosts = [host('core01', 'a'.repeat(32)), host('core02', 'b'.repeat(32)), host('core03', 'a'.repeat(32))];
    expect(() => refuseSameMachines(hosts)).toThrow(/^core01, core03 have the same \/etc\/machine-id\n.*systemd-machine-id-setup.*image/);
  });

  it('are taken when each has a machine id of its own, and also when none is known', () => {
    refuseSameMachines([host('core01', 'a'.repeat(32)), host('core02', 'b'.repeat(32)), host('core03', ''), host('core04', '')]);
  });
});
