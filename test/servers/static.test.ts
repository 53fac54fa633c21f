/** The whole deployment on four bare Debian machines that nobody made for it: containers with systemd and sshd, and nothing else. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type Docker from 'dockerode';
import { ensureEngine } from '../../infra/docker/engine.js';
import type { Server } from '../../infra/provider.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { parseClusterName } from '../../language/ids.js';
import { bootBareMachines, buildBareImage, onMachine, removeBareMachines } from '../bareMachines.js';
import { product, type Product } from '../e2e/product.js';

const LAB = parseClusterName('static-lab');
const home = mkdtempSync(join(tmpdir(), 'fleetwright-static-'));
const inventory = join(home, 'servers.yml');
const PASSWORD = 'correct horse';
let docker: Docker;
let fleetwright: Product;
let servers: readonly Server[];

/** What a machine has that the deployment may touch. */
const LOOK = `dpkg-query -W -f '\${db:Status-Abbrev} \${Package}\\n' | grep ^ii; id careful; getent group docker etcd; cat /etc/hosts /etc/environment
ls -A /etc/fleet /etc/docker /var/lib/etcd /var/lib/fleetwright /etc/fleetwright /usr/local/bin /usr/local/sbin /etc/systemd/system /run/fleetwright-setup /var/lib/docker 2>&1; ip -o link | awk '{ print $2 }'; cat /proc/sys/net/ipv4/ip_forward`;
let before: readonly string[];

beforeAll(async () => {
  docker = await ensureEngine();
  // The user's home is the test's: its known_hosts are written to. What can be made again stays in the real one's cache.
  vi.stubEnv('XDG_CACHE_HOME', process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('SSH_AUTH_SOCK', '');
  vi.stubEnv('FLEETWRIGHT_SECRET_SUDO_PASSWORD', PASSWORD);
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  const key = makeKeyPair('static');
  writeFileSync(join(home, '.ssh', 'id_ed25519'), key.privateKey, { mode: 0o600 });
  await buildBareImage(docker);
  servers = await bootBareMachines(docker, LAB, 4, key.publicKey);
  // One is root's, one asks for a password, and one is behind another.
  const [one, two, three, four] = servers.map(({ publicAddress }) => publicAddress);
  writeFileSync(inventory, `user: admin
hosts:
  - {name: alpha, address: ${one}, labels: {rack: a}}
  - {name: beta, address: ${two}, user: careful}
  - {name: gamma, address: ${three}, user: root}
  - {name: delta, address: ${four}, jump: admin@${one}}
`);
  fleetwright = await product();
  before = await Promise.all(servers.map((server) => onMachine(docker, server, 'sh', '-c', LOOK)));
});
afterAll(async () => {
  await fleetwright.run('stop');
  await removeBareMachines(docker, LAB);
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const PROVIDER = ['--provider', 'static', '--inventory', inventory, '--cluster', 'bare'] as const;

describe('the deployment that ships, on four bare servers over SSH', () => {
  it('makes nothing where a host key is not known, and says the fingerprints', async () => {
    const { code, stderr } = await fleetwright.run('up', ...PROVIDER);
    expect(code).toBe(1);
    expect(stderr.match(/is not known: it presents ssh-ed25519 SHA256:/g)?.length).toBeGreaterThanOrEqual(4);
    expect(await Promise.all(servers.map((server) => onMachine(docker, server, 'sh', '-c', LOOK)))).toEqual(before);
  });

  it('comes up until ten web servers serve every page', async () => {
    const { code, stdout, stderr } = await fleetwright.run('up', ...PROVIDER, '--accept-new', '--on-failure', 'keep');
    expect(code, stderr).toBe(0);
    expect(stdout.match(/4079 cities/g)).toHaveLength(10);
    expect(stdout).toMatch(/hostname=alpha,rack=a/);
    expect(readFileSync(join(home, '.ssh', 'known_hosts'), 'utf8').split('\n').filter(Boolean)).toHaveLength(4);
  });

  it('keeps the cluster\'s own ports from everybody but its machines', async () => {
    const [first] = servers;
    const outside = await fetch(`http://${first!.publicAddress}:2379/health`, { signal: AbortSignal.timeout(3000) }).then(() => 'answered', () => 'nothing');
    const registry = await fetch(`http://${first!.publicAddress}:5000/v2/`, { signal: AbortSignal.timeout(3000) }).then(() => 'answered', () => 'nothing');
    expect([outside, registry]).toEqual(['nothing', 'nothing']);
    expect(await onMachine(docker, servers[1]!, 'curl', '-s', '-m', '5', `http://${first!.publicAddress}:2379/health`)).toContain('true');
  });

  it('is taken down so that the servers are as they were, and the password is nowhere', async () => {
    const said = await Promise.all(servers.map((server) => onMachine(docker, server, 'sh', '-c', 'journalctl --no-pager -o cat; cat /proc/[0-9]*/cmdline | tr "\\0" " "; cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" " "')));
    for (const text of said) expect(text.includes(PASSWORD)).toBe(false);
    const { code, stdout, stderr } = await fleetwright.run('down', ...PROVIDER);
    expect(code, stderr).toBe(0);
    expect(stdout + stderr).toMatch(/server alpha/);
    expect(await Promise.all(servers.map((server) => onMachine(docker, server, 'sh', '-c', LOOK)))).toEqual(before);
    expect((await fleetwright.run('down', ...PROVIDER)).code).toBe(0);
  });
});
