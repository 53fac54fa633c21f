import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRunId } from '../../language/ids.js';
import { createDiscoveryUrl } from '../../infra/discovery/discovery.js';
import { readLedger } from '../../infra/ledger.js';
import { deleteClusterServices, ensureClusterServices, findClusterServices } from '../../infra/providers/local/services.js';
import { localProvider } from '../../infra/providers/local/provider.js';
import { docker, engineAnswers, hasImage, thingsOf, uniqueCluster } from './engine.js';

const ready = engineAnswers && await hasImage('fleetwright/infra:latest');
const cluster = uniqueCluster();
const run = parseRunId('deploy/test#1');
const state = mkdtempSync(join(tmpdir(), 'fleetwright-test-'));

describe.skipIf(!ready)("a cluster's own services (needs the image fleetwright/infra)", () => {
  beforeAll(() => {
    process.env['XDG_STATE_HOME'] = state;
  });
  afterAll(async () => {
    await localProvider(docker).deleteCluster(cluster);
    rmSync(state, { recursive: true, force: true });
  });

  it('answer once they are ensured, and are there once however often', async () => {
    const [services, again] = await Promise.all([ensureClusterServices(docker, cluster, run), ensureClusterServices(docker, cluster, run)]);
    expect(again).toEqual(services);
    expect(services.address).toMatch(/^10\.210\.\d+\.2$/);
    expect(services.registryHostPort).toMatch(/^127\.0\.0\.1:\d+$/);
    expect((await fetch(`http://${services.registryHostPort}/v2/`)).status).toBe(200);
    expect(await findClusterServices(docker, cluster)).toEqual(services);
    expect(readLedger(cluster).map(({ effect }) => effect)).toEqual(['create-network', 'create-services']);
  });

  it('publish their ports on loopback alone', async () => {
    const info = await docker.getContainer(`fleetwright-${cluster}-infra`).inspect();
    const bindings = Object.values(info.NetworkSettings.Ports).flatMap((list) => list ?? []);
    expect(bindings).toHaveLength(3);
    expect(bindings.filter(({ HostIp }) => HostIp !== '127.0.0.1')).toEqual([]);
  });

  it('give a discovery URL, which a repeat after a lost answer gets again until a member has used it', async () => {
    const services = await ensureClusterServices(docker, cluster, run);
    const request = { service: services.discoveryFromHere, etcd: services.etcdFromHere, cluster, run, size: 4 };
    const url = await createDiscoveryUrl(request);
    expect(url).toMatch(new RegExp(`^${services.discoveryService}/[0-9a-f]+$`));
    expect(await createDiscoveryUrl(request)).toBe(url);
    expect(await createDiscoveryUrl({ ...request, size: 3 })).not.toBe(url);
    const member = await fetch(`${url}/0123456789abcdef`, { method: 'PUT', body: new URLSearchParams({ value: 'core01=http://10.0.0.1:2380' }) });
    expect(member.status).toBe(201);
    expect(await createDiscoveryUrl(request)).not.toBe(url);
    expect(readLedger(cluster).filter(({ effect }) => effect === 'create-discovery-url')).toHaveLength(3);
  });

  it('come back after a kill, with what the registry holds', async () => {
    const before = await ensureClusterServices(docker, cluster, run);
    await docker.getContainer(`fleetwright-${cluster}-infra`).kill();
    expect(await findClusterServices(docker, cluster)).toBeUndefined();
    expect((await ensureClusterServices(docker, cluster, run)).address).toBe(before.address);
  });

  it('are removed by who started them, and only then', async () => {
    const other = parseRunId('deploy/test#2');
    expect(await deleteClusterServices(docker, cluster, { startedBy: other })).toEqual({ removed: [], left: [] });
    expect(await deleteClusterServices(docker, cluster)).toEqual({
      removed: [`container fleetwright-${cluster}-infra`], left: [],
    });
    expect(await deleteClusterServices(docker, cluster)).toEqual({ removed: [], left: [] });
    expect(await thingsOf(cluster)).toEqual([`network fleetwright-${cluster}`]);
  });
});
