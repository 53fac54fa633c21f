/**
 * `npx tsx bench/providers/boots.ts`: 40 servers that each take a fixed time, ten at once, against the four waves that this takes at best. Exit code 1
 * when it takes more than 1.10 of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudProvider } from '../../infra/providers/openstack/provider.js';
import { parseCloudSettings } from '../../infra/providers/openstack/settings.js';
import { Secret } from '../../infra/secret.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { parseClusterName, parseRunId } from '../../language/ids.js';
import { openSlowCloud } from './slowCloud.js';

const SERVERS = 40;
const AT_ONCE = 10;
const BUILD_MS = 30_000;
const MOST = 1.10;

const state = mkdtempSync(join(tmpdir(), 'fleetwright-bench-'));
process.env['XDG_STATE_HOME'] = state;
const { identity, server } = await openSlowCloud(BUILD_MS);
const domain = { id: 'default' };
const provider = cloudProvider({
  name: 'openstack', settings: parseCloudSettings({ flavor: 'small', image: 'debian' }),
  credentials: { kind: 'password', authUrl: identity, user: { name: 'a' }, userDomain: domain, project: { name: 'p' }, projectDomain: domain, password: new Secret('p') },
});
const cluster = parseClusterName('bench');
const { publicKey } = makeKeyPair('bench');
const start = performance.now();
const names = await provider.machineNames(SERVERS);
await Promise.all(names.map((name) => provider.ensureServer({ name, publicKey, userData: '', tags: { cluster, run: parseRunId('deploy/bench#1'), discoveryUrl: '' } })));
const seconds = (performance.now() - start) / 1000;
const ideal = Math.ceil(SERVERS / AT_ONCE) * BUILD_MS / 1000;
server.closeAllConnections();
server.close();
rmSync(state, { recursive: true, force: true });
console.log(`${SERVERS} boots of ${BUILD_MS / 1000} s, ${AT_ONCE} at once: ${seconds.toFixed(1)} s; at best ${ideal} s; ratio ${(seconds / ideal).toFixed(3)} (at most ${MOST.toFixed(2)})`);
process.exitCode = seconds / ideal <= MOST ? 0 : 1;
