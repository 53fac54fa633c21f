import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { extract } from 'tar-stream';
import { parseMachineName, parseRunId, type ClusterName } from '../../language/ids.js';
import { readLedger } from '../../infra/ledger.js';
import type { ServerRequest } from '../../infra/provider.js';
import { overlap, parseSubnet } from '../../infra/host/subnets.js';
import { inspectContainer, prepareContainer, startContainer } from '../../infra/providers/local/containers.js';
import { machineSpec } from '../../infra/providers/local/machine.js';
import { serverContainerName } from '../../infra/providers/local/names.js';
import { ensureNetwork, findNetwork } from '../../infra/providers/local/network.js';
import { localProvider } from '../../infra/providers/local/provider.js';
import { STUB_IMAGE, docker, engineAnswers, makeStubImage, removeStubImage, thingsOf, uniqueCluster } from './engine.js';

const provider = localProvider(docker, { image: STUB_IMAGE });
const clusters: ClusterName[] = [];
const core01 = parseMachineName('core01');
const run = parseRunId('deploy/test#1');
const state = mkdtempSync(join(tmpdir(), 'fleetwright-test-'));

function newCluster(): ClusterName {
  const cluster = uniqueCluster();
  clusters.push(cluster);
  return cluster;
}

function request(cluster: ClusterName, name = 'core01', discoveryUrl = 'http://10.0.0.2:8087/token'): ServerRequest {
  return {
    name: parseMachineName(name),
    tags: { cluster, run, discoveryUrl },
    userData: '#cloud-config\nhostname: test\n',
    publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVtcHR5 test',
  };
}

/** The container as it is when its maker was killed between "create" and "start". */
async function halfMade(cluster: ClusterName, discoveryUrl?: string): Promise<string> {
  const network = await ensureNetwork(docker, cluster, run);
  const spec = machineSpec(request(cluster, 'core01', discoveryUrl), { image: STUB_IMAGE, network, address: network.subnet.replace('.0/24', '.11'), withoutCapabilities: ['SYS_RESOURCE'] });
  const made = await prepareContainer(docker, { ...spec, files: new Map() });
  return made.Id;
}

async function fileIn(container: string, path: string): Promise<string> {
  const archive = extract();
  (await docker.getContainer(container).getArchive({ path })).pipe(archive);
  let text = '';
  for await (const entry of archive) for await (const chunk of entry) text += String(chunk);
  return text;
}

const effects = (cluster: ClusterName) => readLedger(cluster).map(({ effect, key }) => `${effect} ${key}`);

describe.skipIf(!engineAnswers)('the local provider', () => {
  beforeAll(async () => {
    process.env['XDG_STATE_HOME'] = state;
    await makeStubImage();
  });
  afterEach(async () => {
    await Promise.all(clusters.splice(0).map((cluster) => provider.deleteCluster(cluster)));
  });
  afterAll(async () => {
    await removeStubImage();
    rmSync(state, { recursive: true, force: true });
  });

  it('boots a server with its tags, name and fixed address', async () => {
    const cluster = newCluster();
    const server = await provider.ensureServer(request(cluster));
    expect(server).toMatchObject({ name: 'core01', state: 'running', tags: { cluster, run, discoveryUrl: 'http://10.0.0.2:8087/token' } });
    expect(server.privateAddress).toMatch(/^10\.210\.\d+\.11$/);
    expect(await provider.listServers(cluster)).toEqual([server]);
    const info = await docker.getContainer(server.id).inspect();
    expect(info.Config.Hostname).toBe('core01');
    expect(Object.values(info.NetworkSettings.Networks)[0]?.IPAddress).toBe(server.privateAddress);
    expect(await fileIn(server.id, '/var/lib/cloud/seed/config_drive/openstack/latest/user_data')).toContain('#cloud-config');
    expect(await fileIn(server.id, '/var/lib/cloud/seed/config_drive/openstack/latest/meta_data.json')).toContain('ssh-ed25519 AAAA');
  });

  it('makes nothing twice, one after the other or at once', async () => {
    const cluster = newCluster();
    const other = localProvider(docker, { image: STUB_IMAGE });
    const servers = await Promise.all([provider, other, provider].map((one) => one.ensureServer(request(cluster))));
    servers.push(await provider.ensureServer(request(cluster)));
    expect(new Set(servers.map(({ id }) => id)).size).toBe(1);
    expect(await thingsOf(cluster)).toHaveLength(3);
    expect(effects(cluster)).toEqual([`create-network fleetwright-${cluster}`, 'create-server core01']);
  });

  it('survives two processes that make the same server at once', async () => {
    const cluster = newCluster();
    const network = await ensureNetwork(docker, cluster, run);
    const spec = machineSpec(request(cluster), { image: STUB_IMAGE, network, address: network.subnet.replace('.0/24', '.11'), withoutCapabilities: ['SYS_RESOURCE'] });
    const changes = await Promise.all([1, 2, 3].map(async () => startContainer(docker, await prepareContainer(docker, spec))));
    // The engine may tell two that start it at the same moment that each did.
    expect(changes).toContain('created');
    expect(await provider.listServers(cluster)).toMatchObject([{ state: 'running' }]);
  });

  it('boots several at once on one network with an address each', async () => {
    const cluster = newCluster();
    const names = ['core01', 'core02', 'core03', 'core04', 'extra'];
    const servers = await Promise.all(names.map((name) => provider.ensureServer(request(cluster, name))));
    expect(servers.slice(0, 4).map(({ privateAddress }) => privateAddress.split('.')[3])).toEqual(['11', '12', '13', '14']);
    expect(new Set(servers.map(({ privateAddress }) => privateAddress)).size).toBe(5);
    expect((await thingsOf(cluster)).filter((thing) => thing.startsWith('network'))).toHaveLength(1);
  });

  it('adopts, fills and starts a server whose maker was killed before the start', async () => {
    const cluster = newCluster();
    const id = await halfMade(cluster);
    const server = await provider.ensureServer(request(cluster));
    expect(server.id).toBe(id);
    expect(await fileIn(id, '/var/lib/cloud/seed/config_drive/openstack/latest/user_data')).toContain('#cloud-config');
    expect(effects(cluster)).toContain('create-server core01');
  });

  it('makes a server anew that was never started and belongs to another boot', async () => {
    const cluster = newCluster();
    const id = await halfMade(cluster, 'http://10.0.0.2:8087/older');
    const server = await provider.ensureServer(request(cluster));
    expect(server.id).not.toBe(id);
    expect(server.tags.discoveryUrl).toBe('http://10.0.0.2:8087/token');
  });

  it('starts a killed server again, with its data and its address, and wakes a paused one', async () => {
    const cluster = newCluster();
    const server = await provider.ensureServer(request(cluster));
    await docker.getContainer(server.id).kill();
    expect(await provider.listServers(cluster)).toMatchObject([{ state: 'stopped', privateAddress: server.privateAddress }]);
    expect(await provider.ensureServer(request(cluster, 'core01', 'http://10.0.0.2:8087/newer'))).toEqual(server);
    await docker.getContainer(server.id).pause();
    expect(await provider.ensureServer(request(cluster))).toEqual(server);
    expect(effects(cluster).slice(1)).toEqual(['create-server core01', 'start-server core01', 'start-server core01']);
  });

  it('makes a server anew that ends at once each time it is started', async () => {
    const cluster = newCluster();
    const network = await ensureNetwork(docker, cluster, run);
    const spec = machineSpec(request(cluster), { image: STUB_IMAGE, network, address: network.subnet.replace('.0/24', '.11'), withoutCapabilities: ['SYS_RESOURCE'] });
    const broken = await prepareContainer(docker, { ...spec, options: { ...spec.options, Entrypoint: ['/bin/sleep', '0'] } });
    await docker.getContainer(broken.Id).start();
    await vi.waitUntil(async () => {
      const { State, RestartCount } = await docker.getContainer(broken.Id).inspect();
      return RestartCount >= 4 && State.Status === 'restarting';
    }, { timeout: 30_000, interval: 20 });
    const server = await provider.ensureServer(request(cluster));
    expect(server.id).not.toBe(broken.Id);
    expect(effects(cluster).filter((effect) => effect.startsWith('create-server'))).toHaveLength(1);
  });

  it('makes a stopped server anew when its network is gone', async () => {
    const cluster = newCluster();
    const server = await provider.ensureServer(request(cluster));
    await docker.getContainer(server.id).kill();
    await docker.getNetwork(`fleetwright-${cluster}`).remove();
    const again = await provider.ensureServer(request(cluster));
    expect(again.state).toBe('running');
    expect(again.id).not.toBe(server.id);
  });

  it('falls back when the engine cannot grant a capability', async () => {
    const cluster = newCluster();
    const server = await localProvider(docker, { image: STUB_IMAGE, grantsSysResource: true }).ensureServer(request(cluster));
    expect(server.state).toBe('running');
    expect(effects(cluster).filter((effect) => effect.startsWith('create-server'))).toHaveLength(1);
  });

  it.each(['createNetwork', 'createContainer'] as const)('waits for the answer when it is cancelled in the middle of %s, so that an undo finds what was made', async (call) => {
    const cluster = newCluster();
    const stop = new AbortController();
    const cancelling = Object.assign(Object.create(docker) as typeof docker, {
      [call]: (options: never) => {
        const answer = (docker[call] as (options: never) => Promise<unknown>).call(docker, options);
        stop.abort(new Error('cancelled'));
        return answer;
      },
    });
    const made = localProvider(cancelling, { image: STUB_IMAGE }).ensureServer(request(cluster), stop.signal);
    await expect(made).rejects.toThrow('cancelled');
    expect(await thingsOf(cluster)).toContainEqual(expect.stringContaining(call === 'createNetwork' ? 'network ' : 'container '));
  });

  it('refuses a container of its name that is not its own, and leaves it', async () => {
    const cluster = newCluster();
    const name = serverContainerName(cluster, core01);
    const foreign = await docker.createContainer({ name, Image: STUB_IMAGE });
    try {
      await expect(provider.ensureServer(request(cluster))).rejects.toThrow(/is taken by a container that is not this cluster's\n.*docker rm -fv/);
      expect((await inspectContainer(docker, name))?.Id).toBe(foreign.id);
    } finally {
      await foreign.remove({ force: true });
    }
  });

  it('says which image is missing and how to get it', async () => {
    const cluster = newCluster();
    const without = localProvider(docker, { image: 'fleetwright-test/none:latest' });
    await expect(without.ensureServer(request(cluster))).rejects.toMatchObject({ name: 'PermanentError', message: expect.stringContaining('no such image') });
  });

  it('stops when it is told to, with the reason that it is given', async () => {
    const cluster = newCluster();
    const reason = new Error('cancelled by its owner');
    await expect(provider.ensureServer(request(cluster), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await thingsOf(cluster)).toEqual([]);
  });

  it('removes all of a cluster, nothing the second time, and nothing of another cluster', async () => {
    const [cluster, other] = [newCluster(), newCluster()];
    await Promise.all([request(cluster), request(cluster, 'core02'), request(other)].map((one) => provider.ensureServer(one)));
    const others = await thingsOf(other);
    const { removed, left } = await provider.deleteCluster(cluster);
    expect(left).toEqual([]);
    expect(removed).toEqual([
      'server core01', 'server core02',
      `volume fleetwright-${cluster}-core01-docker`, `volume fleetwright-${cluster}-core02-docker`, `network fleetwright-${cluster}`,
    ]);
    expect(await thingsOf(cluster)).toEqual([]);
    expect(await provider.deleteCluster(cluster)).toEqual({ removed: [], left: [] });
    expect(await thingsOf(other)).toEqual(others);
  });

  it('lets two teardowns at once end well', async () => {
    const cluster = newCluster();
    await provider.ensureServer(request(cluster));
    const removals = await Promise.all([provider.deleteCluster(cluster), localProvider(docker).deleteCluster(cluster)]);
    expect(removals.flatMap(({ left }) => left)).toEqual([]);
    expect(await thingsOf(cluster)).toEqual([]);
  });

  it('removes one server with its disk and leaves the others', async () => {
    const cluster = newCluster();
    await Promise.all([request(cluster), request(cluster, 'core02')].map((one) => provider.ensureServer(one)));
    expect(await provider.deleteServer(cluster, core01)).toEqual({ removed: ['server core01', `volume fleetwright-${cluster}-core01-docker`], left: [] });
    expect(await provider.deleteServer(cluster, core01)).toEqual({ removed: [], left: [] });
    expect((await provider.listServers(cluster)).map(({ name }) => name)).toEqual(['core02']);
  });

  it('lists what it cannot remove, with the reason', async () => {
    const cluster = newCluster();
    const network = await ensureNetwork(docker, cluster, run);
    const guest = await docker.createContainer({ Image: STUB_IMAGE, HostConfig: { NetworkMode: network.name } });
    try {
      await guest.start();
      const { left } = await localProvider(docker, { inUseMs: 0 }).deleteCluster(cluster);
      expect(left).toEqual([expect.stringMatching(/^network fleetwright-.*active endpoints/)]);
    } finally {
      await guest.remove({ force: true });
    }
  });

  it('gives clusters subnets that overlap with nothing', async () => {
    const [one, two] = [newCluster(), newCluster()];
    await Promise.all([ensureNetwork(docker, one, run), ensureNetwork(docker, two, run)]);
    const all = (await docker.listNetworks()).flatMap(({ IPAM }) => (IPAM?.Config ?? []).map(({ Subnet }) => parseSubnet(Subnet ?? ''))).filter((subnet) => subnet !== undefined);
    for (const [i, a] of all.entries()) for (const b of all.slice(i + 1)) expect(overlap(a, b)).toBe(false);
    expect(await findNetwork(docker, one)).toEqual(await ensureNetwork(docker, one, run));
  });
});
