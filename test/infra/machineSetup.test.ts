import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseClusterName, parseMachineName } from '../../language/ids.js';
import { configDrive } from '../../infra/cloudInit/configDrive.js';
import { cloudConfig, renderUserData } from '../../infra/cloudInit/userData.js';
import { ensureClusterSecrets, SECRETS_PATH } from '../../infra/clusterSecrets.js';
import { MACHINES_REGISTRY } from '../../infra/images/catalogue.js';
import { CommandError, InvalidInputError, PermanentError } from '../../infra/errors.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { ensureClusterKey } from '../../infra/ssh/keys.js';
import type { Transport } from '../../infra/transport.js';

const cluster = parseClusterName('demo');
let folder: string;
let before: string | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleetwright-setup-'));
  before = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = folder;
});

afterEach(async () => {
  if (before === undefined) delete process.env['XDG_STATE_HOME'];
  else process.env['XDG_STATE_HOME'] = before;
  await rm(folder, { recursive: true, force: true });
});

describe('the machines\' cloud-config', () => {
  interface CloudConfig {
    readonly user: { readonly name: string };
    readonly write_files: readonly { readonly path: string; readonly content: string }[];
    readonly bootcmd: readonly (readonly string[])[];
  }
  const values = { 'discovery-url': 'http://10.210.7.2:8087/abc', 'registry-address': '10.210.7.2' };
  const contentOf = (config: CloudConfig, path: string) => config.write_files.find((file) => file.path === path)!.content;

  it('is YAML that makes the user core and starts the cluster\'s script', async () => {
    const text = await cloudConfig(values);
    expect(text.startsWith('#cloud-config\n')).toBe(true);
    const config = parse(text) as CloudConfig;
    expect(config.user.name).toBe('core');
    expect(config.bootcmd).toEqual([['/usr/local/sbin/coreos-cluster-setup']]);
  });

  it('lets the machines\' Docker trust the cluster\'s registry by its name alone, and ask no mirror that falls back to a public hub', async () => {
    const daemon = JSON.parse(contentOf(parse(await cloudConfig(values)) as CloudConfig, '/etc/docker/daemon.json')) as Record<string, unknown>;
    expect(daemon['insecure-registries']).toEqual([MACHINES_REGISTRY]);
    expect(Object.keys(daemon)).not.toContain('registry-mirrors');
  });

  it('gives the registry its address in the hosts file, once, however often a machine boots', async () => {
    const script = contentOf(parse(await cloudConfig(values)) as CloudConfig, '/usr/local/sbin/coreos-cluster-setup');
    const hosts = join(folder, 'hosts');
    await writeFile(hosts, '127.0.0.1\tlocalhost\n10.9.9.9 registry.fleetwright.internal\n');
    const lines = script.split('\n').filter((line) => line.includes('/etc/hosts')).join('\n').replaceAll('/etc/hosts', hosts);
    for (const boot of [1, 2]) execFileSync('bash', ['-eu'], { input: lines, env: { ...process.env, boot: String(boot) } });
    expect(await readFile(hosts, 'utf8')).toBe('127.0.0.1\tlocalhost\n10.210.7.2 registry.fleetwright.internal\n');
  });

  it.each([['', 'ETCD_DISCOVERY=http'], ['core01=http://10.0.0.1:2380,core02=http://10.0.0.2:2380', 'ETCD_INITIAL_CLUSTER_STATE=existing']])('holds a script that is valid for the initial cluster %j', async (initial) => {
    const script = contentOf(parse(await cloudConfig({ ...values, 'initial-cluster': initial })) as CloudConfig, '/usr/local/sbin/coreos-cluster-setup');
    execFileSync('bash', ['-n'], { input: script });
    expect(script).toContain(`initial_cluster='${initial}'`);
  });

  it.each([
    ['{{ a }}', {}, /\{\{ a \}\} has no value/],
    ['{{ toString }}', {}, /toString/],
    ['x', { b: '1' }, /there is no \{\{ b \}\}/],
    ...['a b', '$(id)', '`id`', "'", '"', '\n', '{{ a }}', '#', ';', '\\', '&', '|', '<', '*', '!'].map((bad) => ['{{ a }}', { a: bad }, /characters that are not allowed/] as const),
  ] as const)('is refused: %j filled with %j', (template, given, message) => {
    expect(() => renderUserData(template, given)).toThrow(message);
    expect(() => renderUserData(template, given)).toThrow(InvalidInputError);
  });
});

describe('a config drive', () => {
  it('holds what Nova writes', () => {
    const drive = configDrive({ serverName: parseMachineName('core01'), uuid: 'u-1', publicKey: 'ssh-ed25519 AAAA demo\n', userData: '#cloud-config\n' });
    expect([...drive.keys()]).toEqual(['openstack/latest/meta_data.json', 'openstack/latest/user_data']);
    expect(JSON.parse(drive.get('openstack/latest/meta_data.json')!)).toMatchObject({ uuid: 'u-1', name: 'core01', hostname: 'core01', public_keys: { fleetwright: 'ssh-ed25519 AAAA demo' } });
    expect(drive.get('openstack/latest/user_data')).toBe('#cloud-config\n');
  });
});

describe('a cluster\'s SSH key', () => {
  it('is made once, readable for its owner alone, and the same for callers at the same time', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => ensureClusterKey(cluster)));
    expect(new Set(keys.map((key) => key.publicKey)).size).toBe(1);
    expect(new Set([...keys, await ensureClusterKey(cluster, '')].map((key) => key.privateKey.toString())).size).toBe(1);
    const { privateKeyPath, publicKey } = keys[0]!;
    expect((await stat(privateKeyPath)).mode & 0o777).toBe(0o600);
    expect(publicKey).toMatch(/^ssh-ed25519 AAAA\S+ fleetwright-demo$/);
  });

  it('is one that OpenSSH takes, every time', async () => {
    for (let index = 0; index < 20; index += 1) {
      const { privateKeyPath, publicKey } = await ensureClusterKey(parseClusterName(`demo${index}`));
      const derived = execFileSync('ssh-keygen', ['-y', '-f', privateKeyPath], { encoding: 'utf8' }).trim();
      expect(derived.split(' ').slice(0, 2)).toEqual(publicKey.split(' ').slice(0, 2));
    }
  });

  it('is readable, which not every one is that ssh2 makes', () => {
    const unreadable = Array.from({ length: 3000 }, () => makeKeyPair('x')).filter((pair) => ssh2.utils.parseKey(pair.privateKey) instanceof Error);
    expect(unreadable).toEqual([]);
  });

  it('may be given', async () => {
    const path = join(folder, 'mine');
    const made = makeKeyPair('me@home');
    await writeFile(path, made.privateKey, { mode: 0o600 });
    expect(await ensureClusterKey(cluster, path)).toMatchObject({ privateKeyPath: path, publicKey: made.publicKey });
  });

  it.each([
    ['missing', undefined, /does not exist/],
    ['public', makeKeyPair('x').publicKey, /is a public key/],
    ['no', 'TOP-SECRET-TEXT', /is not an SSH private key/],
    ['an empty', '', /is not an SSH private key/],
    ['an encrypted', ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'x', cipher: 'aes256-ctr', rounds: 4 }).private, /is encrypted/],
  ])('is refused when it is %s key', async (what, text, message) => {
    const path = join(folder, 'given');
    if (text !== undefined) await writeFile(path, text);
    const failure = await ensureClusterKey(cluster, path).catch((error: unknown) => error);
    expect(failure, what).toBeInstanceOf(InvalidInputError);
    expect(String(failure)).toMatch(message);
    expect(String(failure)).toContain(path);
    expect(inspect(failure)).not.toContain('TOP-SECRET-TEXT');
  });

  it('is refused when it is a folder or may not be read', async () => {
    await expect(ensureClusterKey(cluster, folder)).rejects.toThrow(/is a folder/);
    const path = join(folder, 'closed');
    await writeFile(path, 'x');
    await chmod(path, 0);
    await expect(ensureClusterKey(cluster, path)).rejects.toThrow(process.getuid?.() === 0 ? /not an SSH private key/ : /cannot be read/);
  });
});

describe('a cluster\'s passwords', () => {
  class Machine implements Partial<Transport> {
    readonly commands: string[] = [];
    constructor(public file = '', readonly failure?: string) {}
    async exec(argv: readonly string[]) {
      this.commands.push(argv.join(' '));
      if (this.failure) return { exitCode: 1, stdout: this.file, stderr: this.failure };
      return { exitCode: 0, stdout: argv.includes('read-secrets') ? this.file : '', stderr: '' };
    }
    async writeFile(path: string, content: string | Buffer, options: { readonly mode: number; readonly sudo?: boolean }) {
      if (path !== SECRETS_PATH || options.mode !== 0o600 || !options.sudo) throw new Error(`written to ${path} with mode ${options.mode}`);
      this.file = String(content);
    }
  }
  const ensure = (machines: Machine[]) => ensureClusterSecrets(machines as unknown as Transport[]);

  it('are made once, and are the same on all its machines', async () => {
    const machines = [new Machine(), new Machine(), new Machine()];
    const first = await ensure(machines);
    expect(first).toMatchObject({ written: 3, created: true });
    expect(machines[0]!.file).toBe(`DB_ROOT_PASSWORD=${first.rootPassword.reveal()}\nDB_PASSWORD=${first.password.reveal()}\n`);
    expect(new Set(machines.map((machine) => machine.file)).size).toBe(1);
    expect(first.password.reveal()).not.toBe(first.rootPassword.reveal());
    expect(await ensure(machines)).toMatchObject({ written: 0, created: false });
  });

  it('are taken from a machine that has them, and given to those that lack them or have others', async () => {
    const mine = 'DB_ROOT_PASSWORD=one\nDB_PASSWORD=two\n';
    const machines = [new Machine(), new Machine(mine), new Machine('DB_ROOT_PASSWORD=three\nDB_PASSWORD=four\n')];
    const result = await ensure(machines);
    expect(result).toMatchObject({ written: 2, created: false });
    expect(machines.map((machine) => machine.file)).toEqual([mine, mine, mine]);
  });

  it('are in no command, no error and nothing that is printed', async () => {
    const machine = new Machine();
    const result = await ensure([machine]);
    const shown = [...machine.commands, inspect(result, { depth: 9, showHidden: true }), JSON.stringify(result), `${result.password}`].join('\n');
    expect(shown).not.toContain(result.password.reveal());
    expect(shown).not.toContain(result.rootPassword.reveal());
    const failure = await ensure([new Machine('DB_PASSWORD=hidden', 'sudo: no')]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CommandError);
    expect(inspect(failure)).not.toContain('hidden');
    const broken = await ensure([new Machine('DB_PASSWORD=hidden')]).catch((error: unknown) => error);
    expect(broken).toBeInstanceOf(PermanentError);
    expect(inspect(broken)).not.toContain('hidden');
  });
});
