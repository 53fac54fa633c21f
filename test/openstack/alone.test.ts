/** What changes the whole cloud: no other test runs beside these. */
import Docker from 'dockerode';
import { afterEach, describe, expect, it } from 'vitest';
import { BuildTimeoutError, QuotaError } from '../../infra/cloud/errors.js';
import { compute } from './fixture/cloud.js';
import { cloud, inTheCloud, newCluster, operator, provider, request } from './world.js';

describe('a cloud whose customer has used up the quota', () => {
  it('says so in its words, and the servers that fit are there', async () => {
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
