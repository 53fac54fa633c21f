import { afterEach, describe, expect, it } from 'vitest';
import Docker from 'dockerode';
import { BuildTimeoutError, CloudLoginError, CloudNameError, KeyConflictError, NoValidHostError, QuotaError } from '../../infra/cloud/errors.js';
import { Secret } from '../../infra/secret.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { compute, credentialsOf } from './fixture/cloud.js';
import { cloud, inTheCloud, newCluster, operator, provider, request } from './world.js';

describe('a cloud that says no', () => {
  it('has no host for the flavor: said so, and nothing is left', async () => {
    const cluster = newCluster();
    const asked = provider({ settings: { flavor: 'impossible' } }).ensureServer(request(cluster));
    await expect(asked).rejects.toThrow(/No valid host was found/);
    await expect(asked).rejects.toBeInstanceOf(NoValidHostError);
    expect(await inTheCloud(cluster)).toEqual([]);
  });

  it('has no quota left: said so in its words, and the servers that fit are there', async () => {
    const cluster = newCluster();
    const quota = async (instances: number): Promise<void> => {
      await (await operator()).send('PUT', `${cloud.compute}/v2.1/os-quota-sets/${cloud.projectId}`, { quota_set: { instances } });
    };
    await quota(1);
    try {
      expect(await provider().check(cluster, { machines: 2 })).toContainEqual(expect.objectContaining({ name: 'quota', ok: false, detail: '0 of 1 servers are there, 2 to come' }));
      await provider().ensureServer(request(cluster, 'core01'));
      const asked = provider().ensureServer(request(cluster, 'core02'));
      await expect(asked).rejects.toThrow(/Quota exceeded for instances/);
      await expect(asked).rejects.toBeInstanceOf(QuotaError);
      expect(await inTheCloud(cluster)).toHaveLength(1);
    } finally {
      await quota(10);
    }
  });

  it('does not know the password: said so, without it', async () => {
    const credentials = { ...credentialsOf(cloud), password: new Secret('battery staple') };
    const asked = provider({ credentials }).listServers(newCluster());
    await expect(asked).rejects.toBeInstanceOf(CloudLoginError);
    await expect(asked).rejects.toThrow(/could not log in: the cloud says 401 The request you have made requires authentication/);
    await expect(asked).rejects.not.toThrow(/battery/);
  });

  it('has no such region: said with those that there are', async () => {
    const asked = provider({ settings: { region: 'Atlantis' } }).listServers(newCluster());
    await expect(asked).rejects.toBeInstanceOf(CloudNameError);
    await expect(asked).rejects.toThrow('the cloud has no region "Atlantis"\n  Its regions are RegionOne: choose one with the input region, or OS_REGION_NAME.');
  });

  it('has no such flavor, image, network or zone: said with those that there are, before anything is made', async () => {
    const cluster = newCluster();
    for (const [settings, text] of [
      [{ flavor: 'huge' }, 'the cloud has no flavor "huge"\n  It has general1-1, impossible.'], [{ image: 'hurd' }, 'the cloud has no image "hurd"\n  It has debian-12.'],
      [{ 'network': 'moon' }, 'the cloud has no network "moon"\n  It has private, public.'], [{ 'availability-zone': 'mars' }, 'the cloud has no availability zone "mars"\n  It has nova.'],
    ] as const) {
      await expect(provider({ settings }).ensureServer(request(cluster))).rejects.toThrow(text);
      expect(await provider({ settings }).check(cluster, { machines: 3 })).toContainEqual(expect.objectContaining({ name: 'servers', ok: false }));
    }
    expect(await provider().deleteCluster(cluster)).toEqual({ removed: [], left: [] });
  });

  it('has another key of the name: said with both fingerprints', async () => {
    const cluster = newCluster();
    await provider().ensureServer(request(cluster, 'core01'));
    const asked = provider().ensureServer({ ...request(cluster, 'core02'), publicKey: makeKeyPair('other').publicKey });
    await expect(asked).rejects.toBeInstanceOf(KeyConflictError);
    await expect(asked).rejects.toThrow(/another key named fleetwright-t-\w+: its fingerprint is (?:\w\w:){15}\w\w, and ours is (?:\w\w:){15}\w\w/);
  });
});

describe('a cloud whose compute host is down', () => {
  const docker = new Docker();
  afterEach(() => compute(docker, cloud, 'start').catch(() => undefined));

  it('builds without end: each build ends at its deadline, what the cloud keeps until the host is up is not waited for, and then there is one server', async () => {
    const cluster = newCluster();
    await compute(docker, cloud, 'stop');
    const told: string[] = [];
    const times = { buildMs: 4_000, maxBuilds: 2, removalMs: 3_000 };
    const asked = provider({ times, onProgress: (line) => told.push(line) }).ensureServer(request(cluster));
    await expect(asked).rejects.toBeInstanceOf(BuildTimeoutError);
    await expect(asked).rejects.toThrow(/is still BUILD/);
    expect(told).toContainEqual(expect.stringMatching(/^core01: the server .* is still BUILD .*; making it anew$/));
    expect(await provider().listServers(cluster)).toEqual([]);
    await compute(docker, cloud, 'start');
    const { id } = await provider().ensureServer(request(cluster));
    await expect.poll(() => inTheCloud(cluster), { timeout: 120_000, interval: 1_000 }).toEqual([expect.objectContaining({ id, status: 'ACTIVE' })]);
  });
});
