import { describe, expect, it } from 'vitest';
import { CloudNetworks } from '../../infra/cloud/networks.js';
import { CloudServers } from '../../infra/cloud/servers.js';
import { CloudSession } from '../../infra/cloud/session.js';
import { readLedger } from '../../infra/ledger.js';
import { credentialsOf } from './fixture/cloud.js';
import { cloud, inTheCloud, newCluster, provider, PUBLIC_KEY, request } from './world.js';

const session = new CloudSession(credentialsOf(cloud));

describe('servers of a cluster in a cloud', () => {
  it('boot beside each other with key, metadata, config drive and group, are listed, are the same at a second boot, and go without a trace', async () => {
    const cluster = newCluster();
    const one = provider({ settings: { 'floating-network': 'public', 'allow-from': '198.51.100.0/24', 'availability-zone': 'nova' } });
    expect(await one.check(cluster, { machines: 4 })).toEqual([
      expect.objectContaining({ name: 'cloud', ok: true, detail: 'logged in, region RegionOne' }),
      expect.objectContaining({ name: 'servers', ok: true }), expect.objectContaining({ name: 'quota', ok: true }),
    ]);
    const names = await one.machineNames(4);
    const booted = await Promise.all(names.map((name) => one.ensureServer(request(cluster, name))));
    expect(booted.map(({ name, state, tags }) => ({ name, state, tags }))).toEqual(names.map((name) => ({ name, state: 'running', tags: request(cluster).tags })));
    for (const { privateAddress, publicAddress } of booted) {
      expect(privateAddress).toMatch(/^10\.20\.0\.\d+$/);
      expect(publicAddress).toMatch(/^203\.0\.113\.\d+$/);
    }

    const seen = (await inTheCloud(cluster)).map(({ id }) => id);
    expect([...seen].sort()).toEqual(booted.map(({ id }) => id).sort());
    const key = await new CloudServers(session).findKey(`fleetwright-${cluster}`);
    expect(key?.publicKey.split(' ', 2)).toEqual(PUBLIC_KEY.split(' ', 2));
    const [group] = await new CloudNetworks(session).securityGroups(`fleetwright-${cluster}`);
    const rules = group!.rules.filter(({ direction }) => direction === 'ingress').map(({ protocol, first, last, cidr, group: from }) => [protocol, first, last, cidr ?? (from === group!.id ? 'members' : from)]);
    expect(rules.sort()).toEqual([['tcp', 22, 22, '198.51.100.0/24'], ['tcp', 18001, 18099, '198.51.100.0/24'], [undefined, undefined, undefined, 'members']].sort());

    // Another process, as after a restart of the worker.
    const other = provider({ settings: { 'floating-network': 'public' } });
    expect(await other.listServers(cluster)).toEqual(booted);
    expect(await Promise.all(names.map((name) => other.ensureServer(request(cluster, name))))).toEqual(booted);
    expect(readLedger(cluster).filter(({ effect }) => effect === 'create-server')).toHaveLength(4);

    expect(await other.deleteServer(cluster, names[3]!)).toEqual({ removed: ['server core04', `floating address ${booted[3]!.publicAddress}`], left: [] });
    expect((await other.listServers(cluster)).map(({ name }) => name)).toEqual(names.slice(0, 3));
    const { removed, left } = await other.deleteCluster(cluster);
    expect(left).toEqual([]);
    expect(removed).toEqual([
      'server core01', 'server core02', 'server core03', ...booted.slice(0, 3).map(({ publicAddress }) => `floating address ${publicAddress}`).sort(),
      `security group fleetwright-${cluster}`, `key fleetwright-${cluster}`,
    ]);
    expect(await other.deleteCluster(cluster)).toEqual({ removed: [], left: [] });
    expect(await other.deleteServer(cluster, names[0]!)).toEqual({ removed: [], left: [] });
    expect(await inTheCloud(cluster)).toEqual([]);
  });

  it('take flavor, image and network by id as well, and keep a key that the user named', async () => {
    const cluster = newCluster();
    const [flavor] = (await new CloudServers(session).flavors()).filter(({ name }) => name === 'general1-1');
    const settings = { flavor: flavor!.id, image: cloud.imageId, network: cloud.networkId, key: `${cluster}-key` };
    await provider({ settings }).ensureServer(request(cluster));
    const { removed } = await provider({ settings }).deleteCluster(cluster);
    expect(removed).toEqual(['server core01', `security group fleetwright-${cluster}`]);
    expect(await new CloudServers(session).deleteKey(`${cluster}-key`)).toBe(true);
  });

  it('are started again when they are stopped', async () => {
    const cluster = newCluster();
    const { id } = await provider().ensureServer(request(cluster));
    await session.request({ what: 'stop it', service: 'compute', method: 'POST', path: `servers/${id}/action`, body: { 'os-stop': null } }, () => true);
    await expect.poll(async () => (await inTheCloud(cluster))[0]?.status, { timeout: 120_000, interval: 500 }).toBe('SHUTOFF');
    expect(await provider().listServers(cluster)).toEqual([expect.objectContaining({ id, state: 'stopped' })]);
    expect(await provider().ensureServer(request(cluster))).toMatchObject({ id, state: 'running' });
  });

  it('are not those of another cluster whose name begins alike', async () => {
    const cluster = newCluster();
    const longer = `${cluster}-core01` as typeof cluster;
    await provider().ensureServer(request(cluster));
    expect(await provider().listServers(longer)).toEqual([]);
    expect(await provider({ times: { settleMs: 0 } }).deleteCluster(longer)).toEqual({ removed: [], left: [] });
    expect(await provider().listServers(cluster)).toHaveLength(1);
  });
});
