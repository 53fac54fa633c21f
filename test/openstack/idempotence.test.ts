import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readLedger } from '../../infra/ledger.js';
import { packagePath } from '../../infra/paths.js';
import type { ClusterName } from '../../language/ids.js';
import { credentialsOf } from './fixture/cloud.js';
import { CloudServers } from '../../infra/cloud/servers.js';
import { CloudSession } from '../../infra/cloud/session.js';
import { serverMetadata, serverName } from '../../infra/providers/openstack/names.js';
import type { Front } from './front.js';
import { cloud, inTheCloud, newCluster, newFront, provider, request } from './world.js';

const CREATE = { method: 'POST', path: /^\/compute\/.*\/servers$/ } as const;

describe('a server that was asked for', () => {
  it('is found when the answer was lost, and is not asked for again', async () => {
    const cluster = newCluster();
    const front = await newFront();
    front.plan({ ...CREATE, fault: { kind: 'lose-answer' } });
    expect(await provider({ front }).ensureServer(request(cluster))).toMatchObject({ name: 'core01', state: 'running' });
    expect(front.seen.filter(({ method, path }) => method === 'POST' && CREATE.path.test(path))).toHaveLength(1);
    expect(await inTheCloud(cluster)).toHaveLength(1);
    expect(readLedger(cluster).filter(({ effect }) => effect === 'create-server')).toHaveLength(1);
  });

  it('is asked for again when the request went nowhere, after the settle window', async () => {
    const cluster = newCluster();
    const front = await newFront();
    front.plan({ ...CREATE, fault: { kind: 'hang' } });
    expect(await provider({ front, times: { requestMs: 10_000, settleMs: 2_000 } }).ensureServer(request(cluster))).toMatchObject({ state: 'running' });
    expect(await inTheCloud(cluster)).toHaveLength(1);
  });

  it('is found by the next process when the first was killed between the request and its answer', async () => {
    const cluster = newCluster();
    const front = await newFront();
    front.plan({ ...CREATE, fault: { kind: 'late', ms: 3_000 } });
    await killedAtTheRequest(front, cluster);
    expect(await inTheCloud(cluster)).toEqual([]);
    const told: string[] = [];
    const server = await provider({ front, times: { settleMs: 60_000 }, onProgress: (line) => told.push(line) }).ensureServer(request(cluster));
    expect(told).toContain('core01 may have been asked for already: looking for it');
    expect((await inTheCloud(cluster)).map(({ id }) => id)).toEqual([server.id]);
    expect(front.seen.filter(({ method, path }) => method === 'POST' && CREATE.path.test(path))).toHaveLength(1);
  });

  it('is deleted with its cluster also when it comes after the process that asked for it was killed', async () => {
    const cluster = newCluster();
    const front = await newFront();
    front.plan({ ...CREATE, fault: { kind: 'late', ms: 3_000 } });
    await killedAtTheRequest(front, cluster);
    expect(await provider({ front }).deleteCluster(cluster)).toMatchObject({ removed: expect.arrayContaining(['server core01']), left: [] });
    expect(await inTheCloud(cluster)).toEqual([]);
  });

  it('is the oldest where there are two of it all the same: the other is deleted', async () => {
    const cluster = newCluster();
    const { id } = await provider().ensureServer(request(cluster));
    const { name, tags } = request(cluster);
    const servers = new CloudServers(new CloudSession(credentialsOf(cloud)));
    const [flavor] = (await servers.flavors()).filter((one) => one.name === 'general1-1');
    await servers.create({
      name: serverName(cluster, name), flavor: flavor!.id, image: cloud.imageId, networks: [cloud.networkId], keyName: `fleetwright-${cluster}`,
      userData: '', metadata: serverMetadata(name, tags, { private: '', public: '' }), securityGroups: [],
    });
    expect(await inTheCloud(cluster)).toHaveLength(2);
    expect((await provider().listServers(cluster)).map((one) => one.id)).toEqual([id]);
    expect((await provider().ensureServer(request(cluster))).id).toBe(id);
    expect((await inTheCloud(cluster)).map((one) => one.id)).toEqual([id]);
  });
});

/** Has a process of its own ask for core01, and kills it as soon as the request is under way. */
async function killedAtTheRequest(front: Front, cluster: ClusterName): Promise<void> {
  const met = front.met();
  const input = JSON.stringify({ cloud: { ...cloud, identity: front.identity }, cluster });
  const child = spawn(process.execPath, ['--import', 'tsx', packagePath('test', 'openstack', 'bootOne.ts'), input], { cwd: packagePath(), stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise((resolve) => { child.once('close', resolve); });
  await Promise.race([met, ended.then((code) => { throw new Error(`it ended with ${String(code)} before it asked`); })]);
  child.kill('SIGKILL');
  await ended;
}
