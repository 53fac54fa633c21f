import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseClusterName } from '../../language/ids.js';
import { checkHost, requireHost } from '../../infra/host/checks.js';
import { type HostFacts, availableMemory, hostFacts, parseCgroupMounts } from '../../infra/host/facts.js';
import { portInUse } from '../../infra/host/ports.js';
import { addressIn, overlap, parseRoutes, parseSubnet } from '../../infra/host/subnets.js';
import { providerNamed } from '../../infra/providers/index.js';
import { freeSubnets } from '../../infra/providers/local/network.js';
import { docker } from './engine.js';

const GIB = 1024 ** 3;
const demo = parseClusterName('demo');
const good: HostFacts = {
  nodeVersion: '20.20.2', memoryAvailable: 8 * GIB,
  disks: [{ purpose: 'the Docker engine', path: '/var/lib/docker', free: 50 * GIB, needed: 6 * GIB }],
  cgroupVersion: 2, cgroupMounts: [{ path: '/sys/fs/cgroup', type: 'cgroup2', writable: true, options: ['rw'] }],
  capabilities: (1n << 41n) - 1n, rootlessEngine: false, storageDriver: 'overlay2', overlayfs: true, subnetsInUse: ['172.17.0.0/16'],
};
const failing = (facts: Partial<HostFacts>, machinesToBoot = 4) =>
  checkHost({ ...good, ...facts }, { machinesToBoot }).filter(({ ok }) => !ok).map(({ name }) => name);
const mounts = (text: string) => ({ cgroupMounts: parseCgroupMounts(text) });

describe('the checks of a host', () => {
  it('find nothing on a good one, with cgroups version 2 or hybrid', () => {
    expect(failing({})).toEqual([]);
    expect(failing(mounts('cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n'))).toEqual([]);
    expect(failing(mounts('cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0\n'))).toEqual([]);
    expect(failing({ cgroupMounts: [], memoryAvailable: undefined })).toEqual([]);
    expect(failing({ capabilities: 0x1fffeffffffn })).toEqual([]);
    expect(failing({ appArmorParser: true })).toEqual([]);
  });

  it.each<[string, Partial<HostFacts>]>([
    ['node', { nodeVersion: '20.10.0' }],
    ['node', { nodeVersion: '18.20.0' }],
    ['memory', { memoryAvailable: 1.5 * GIB }],
    ['disk', { disks: [{ ...good.disks[0]!, free: 5 * GIB }] }],
    ['cgroups', { cgroupMounts: [], cgroupVersion: undefined }],
    ['cgroups', mounts('cgroup2 /sys/fs/cgroup cgroup2 ro 0 0\n')],
    ['capabilities', { rootlessEngine: true }],
    ['apparmor', { appArmorParser: false }],
    ['overlayfs', { overlayfs: false, storageDriver: 'vfs' }],
    ['subnets', { subnetsInUse: ['10.210.0.0/16'] }],
  ])('find what is wrong with %s and say what to do', (name, facts) => {
    expect(failing(facts)).toEqual([name]);
    const [found] = checkHost({ ...good, ...facts }, { machinesToBoot: 4 }).filter(({ ok }) => !ok);
    expect(found?.remedy).toBeTruthy();
  });

  it('ask no memory and little disk for machines that run already', () => {
    expect(failing({ memoryAvailable: 0, disks: [{ ...good.disks[0]!, free: GIB }] }, 0)).toEqual([]);
    expect(failing({ disks: [{ ...good.disks[0]!, free: 0 }] }, 0)).toEqual(['disk']);
  });

  it('end a deploy before it starts, naming each fault with its remedy', () => {
    expect(() => requireHost(checkHost(good, { machinesToBoot: 4 }))).not.toThrow();
    const bad = checkHost({ ...good, memoryAvailable: 0, rootlessEngine: true }, { machinesToBoot: 4 });
    expect(() => requireHost(bad)).toThrow(/memory: 0 MiB available, 1600 MiB needed for 4 machines\n.*fewer machines.*\ncapabilities: .*rootless\n.*rootful/s);
  });

  it('read the facts of this host', async () => {
    const facts = await hostFacts();
    expect(facts.nodeVersion).toBe(process.versions.node);
    expect(facts.disks).toHaveLength(1);
    expect(availableMemory('MemTotal: 1 kB\nMemAvailable:   2048 kB\n')).toBe(2048 * 1024);
  });
});

describe('a port', () => {
  it('is in use while something listens on it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await portInUse('127.0.0.1', port)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    expect(await portInUse('127.0.0.1', port)).toBe(false);
  });
});

describe('subnets', () => {
  it('are read from CIDR notation and from the routing table', () => {
    expect(parseSubnet('10.210.7.9/24')).toEqual(parseSubnet('10.210.7.0/24'));
    for (const bad of ['10.0.0.0', '10.0.0.256/8', '10.0.0.0/33', 'fe80::/64', '']) expect(parseSubnet(bad)).toBeUndefined();
    expect(addressIn('10.210.7.0/24', 11)).toBe('10.210.7.11');
    expect(overlap(parseSubnet('10.0.0.0/8')!, parseSubnet('10.210.7.0/24')!)).toBe(true);
    expect(overlap(parseSubnet('10.210.6.0/24')!, parseSubnet('10.210.7.0/24')!)).toBe(false);
    const table = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\ntun0\t0000D20A\t00000000\t0001\t0\t0\t0\t0000FFFF\n';
    expect(parseRoutes(table)).toEqual(['10.210.0.0/16']);
  });

  it('of a cluster are those that nothing uses, beginning where its name says', () => {
    const all = freeSubnets(demo, []);
    expect(all).toHaveLength(256);
    const [first = '', second] = all;
    expect(freeSubnets(demo, [first])[0]).toBe(second);
    expect(freeSubnets(demo, ['10.210.0.0/17']).every((cidr) => !overlap(parseSubnet(cidr)!, parseSubnet('10.210.0.0/17')!))).toBe(true);
  });

  it('may lie in the catch-all route of a VPN, but in no address range that is really used', () => {
    expect(freeSubnets(demo, ['10.0.0.0/8'])).toHaveLength(256);
    expect(freeSubnets(demo, ['10.210.0.0/16'])).toEqual([]);
  });
});

describe('a provider', () => {
  it('that is not known is refused with those that are', async () => {
    expect((await providerNamed('local', { docker: async () => docker })).name).toBe('local');
    for (const name of ['lokal', '', 'constructor', '__proto__']) {
      await expect(providerNamed(name, { docker: async () => docker })).rejects.toThrow(/there is no provider .*\n {2}Use one of: local/);
    }
  });
});
