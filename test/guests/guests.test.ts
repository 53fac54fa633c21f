/** Servers that Nova really boots: Debian with cloud-init on an emulated processor. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type Docker from 'dockerode';
import { ensureEngine } from '../../infra/docker/engine.js';
import type { Server } from '../../infra/provider.js';
import { cloudProvider } from '../../infra/providers/openstack/provider.js';
import { parseCloudSettings } from '../../infra/providers/openstack/settings.js';
import { bareSeed } from '../../infra/site/seed.js';
import { MACHINE_USER } from '../../infra/ssh/clusterLogin.js';
import type { SshTransport } from '../../infra/ssh/connection.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { clusterKnownHosts } from '../../infra/ssh/knownHosts.js';
import { waitForSsh } from '../../infra/ssh/wait.js';
import { parseClusterName, parseMachineName, parseRunId } from '../../language/ids.js';
import { credentialsOf, startCloud, stopCloud, type TestCloud } from '../openstack/fixture/cloud.js';
import { type GuestNetwork, joinNetwork, openGuestNetwork } from '../openstack/fixture/guests.js';

const CLUSTER = parseClusterName('guests');
const key = makeKeyPair('guests');
let docker: Docker;
let network: GuestNetwork;
let cloud: TestCloud;
let server: Server;
let machine: SshTransport;

beforeAll(async () => {
  docker = await ensureEngine();
  network = await openGuestNetwork(docker);
  cloud = await startCloud(docker, (line) => console.error(line), network.variant);
  await joinNetwork(docker, cloud.container, cloud.networkId);
});
afterAll(async () => {
  await machine?.close();
  if (cloud) await stopCloud(docker, cloud.container);
  await network?.close();
});

function openstack(): ReturnType<typeof cloudProvider> {
  return cloudProvider({ name: 'openstack', credentials: credentialsOf(cloud), settings: parseCloudSettings({ flavor: 'general1-1', image: 'debian-12', network: 'private' }) });
}

async function said(...argv: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await machine.exec(argv, { timeoutMs: 120_000 });
  expect(exitCode, stderr).toBe(0);
  return stdout.trim();
}

describe('a server that Nova really boots', () => {
  it('lets the cluster\'s key in as the user whom its user-data makes', async () => {
    server = await openstack().ensureServer({
      name: parseMachineName('core01'), userData: bareSeed(), publicKey: key.publicKey, tags: { cluster: CLUSTER, run: parseRunId('deploy/guests#1'), discoveryUrl: 'https://discovery.etcd.io/0123456789abcdef' },
    });
    expect(server.state).toBe('running');
    machine = await waitForSsh({
      host: server.publicAddress, username: MACHINE_USER, identities: [{ privateKey: key.privateKey }], hostKey: clusterKnownHosts(CLUSTER, { trustNew: true }), timeoutMs: 600_000, authGraceMs: 300_000,
    });
    expect(await said('hostname')).toBe('guests-core01');
    expect(await said('sudo', '-n', 'id', '-u')).toBe('0');
  });

  it('has read all of it from its config drive', async () => {
    await said('cloud-init', 'status', '--wait');
    expect(JSON.parse(await said('sudo', 'cat', '/run/cloud-init/status.json'))).toMatchObject({ v1: { datasource: expect.stringMatching(/^DataSourceConfigDrive .*source=\/dev\/sr0/) } });
    await said('sudo', 'mount', '-o', 'ro', '/dev/disk/by-label/config-2', '/mnt');
    const metadata = JSON.parse(await said('sudo', 'cat', '/mnt/openstack/latest/meta_data.json')) as { readonly uuid: string; readonly meta: Readonly<Record<string, string>> };
    expect(metadata).toMatchObject({ uuid: server.id, keys: [expect.objectContaining({ data: expect.stringContaining(key.publicKey.split(' ')[1]!) })] });
    expect(Object.values(metadata.meta)).toContain(CLUSTER);
    expect(await said('sudo', 'cat', '/mnt/openstack/latest/user_data')).toBe(bareSeed().trim());
  });

  it('has the address that the cloud says, and reaches the world from it', async () => {
    expect(await said('ip', '-4', '-o', 'address', 'show', 'dev', 'eth0')).toContain(`${server.privateAddress}/`);
    expect(await said('ip', 'route', 'show', 'default')).toMatch(/^default via /);
  });

  it('goes with its cluster', async () => {
    expect(await openstack().deleteCluster(CLUSTER)).toMatchObject({ removed: expect.arrayContaining(['server core01']), left: [] });
    expect(await openstack().listServers(CLUSTER)).toEqual([]);
  });
});
