/** The test cloud as the tests of this folder use it. */
import { randomBytes } from 'node:crypto';
import { afterEach } from 'vitest';
import type { CloudCredentials } from '../../infra/cloud/credentials.js';
import { CloudServers } from '../../infra/cloud/servers.js';
import { CloudSession } from '../../infra/cloud/session.js';
import type { CloudTimes } from '../../infra/providers/openstack/cloud.js';
import { cloudProvider } from '../../infra/providers/openstack/provider.js';
import { parseCloudSettings } from '../../infra/providers/openstack/settings.js';
import type { Provider, ServerRequest } from '../../infra/provider.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { type ClusterName, parseClusterName, parseMachineName, parseRunId } from '../../language/ids.js';
import { credentialsOf, type TestCloud } from './fixture/cloud.js';
import { Api, login } from './fixture/seed.js';
import { type Front, openFront } from './front.js';

export const cloud = JSON.parse(process.env['FLEETWRIGHT_TEST_OPENSTACK'] ?? '{}') as TestCloud;

export const PUBLIC_KEY = makeKeyPair('test').publicKey;

/** Short where nothing is to be waited for, long where the cloud takes its time. */
export const TIMES: CloudTimes = { pollMs: 1_000, settleMs: 20_000, pauseMs: 100, buildMs: 300_000 };

const made: ClusterName[] = [];
const fronts: Front[] = [];

/** A cluster that no other test has; what is left of it after the test is removed. */
export function newCluster(): ClusterName {
  const cluster = parseClusterName(`t-${randomBytes(4).toString('hex')}`);
  made.push(cluster);
  return cluster;
}

export async function newFront(): Promise<Front> {
  const front = await openFront(cloud);
  fronts.push(front);
  return front;
}

export interface ProviderSettingsOfTest {
  readonly settings?: Readonly<Record<string, string>>;
  readonly times?: CloudTimes;
  readonly credentials?: CloudCredentials;
  readonly front?: Front;
  readonly onProgress?: (line: string) => void;
}

export function provider({ settings = {}, times = {}, credentials, front, onProgress }: ProviderSettingsOfTest = {}): Provider {
  return cloudProvider({
    name: 'openstack', times: { ...TIMES, ...times }, onProgress,
    credentials: credentials ?? credentialsOf(front ? { ...cloud, identity: front.identity } : cloud),
    settings: parseCloudSettings({ flavor: 'general1-1', image: 'debian-12', network: 'private', ...settings }),
  });
}

export function request(cluster: ClusterName, name = 'core01'): ServerRequest {
  return {
    name: parseMachineName(name), userData: '#cloud-config\n', publicKey: PUBLIC_KEY,
    tags: { cluster, run: parseRunId(`deploy/${cluster}#1`), discoveryUrl: 'https://discovery.etcd.io/0123456789abcdef' },
  };
}

/** All servers of the cluster in the cloud, whatever their state, past our own eyes. */
export async function inTheCloud(cluster: ClusterName): Promise<readonly { readonly id: string; readonly status: string }[]> {
  return new CloudServers(new CloudSession(credentialsOf(cloud))).list(`${cluster}-`);
}

/** The operator's way in. */
export async function operator(): Promise<Api> {
  return new Api(await login(cloud.identity, 'admin', cloud.adminPassword, 'admin'));
}

afterEach(async () => {
  for (const front of fronts.splice(0)) await front.close();
  for (const cluster of made.splice(0)) await provider({ times: { settleMs: 0 } }).deleteCluster(cluster);
});
