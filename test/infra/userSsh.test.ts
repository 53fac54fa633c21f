/** The way into a user's own server, against a real sshd: what ~/.ssh says, the agent, jump hosts, known_hosts, sudo. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidInputError, TransientError } from '../../infra/errors.js';
import { forgetPhases, runPhase } from '../../infra/hostSetup/phase.js';
import { Secret } from '../../infra/secret.js';
import type { Server } from '../../infra/provider.js';
import { connectSsh, type SshLogin, type SshTransport } from '../../infra/ssh/connection.js';
import { AuthenticationError, HostKeyError } from '../../infra/ssh/errors.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { userLogin, type UserHost, type UserLoginOptions } from '../../infra/ssh/userLogin.js';
import { parseRunId } from '../../language/ids.js';
import { bootBareMachines, buildBareImage, onMachine, removeBareMachines } from '../bareMachines.js';
import { docker, engineAnswers, hasImage, uniqueCluster } from './engine.js';

const ready = engineAnswers && await hasImage('fleetwright/base:latest');
const lab = uniqueCluster();
const key = makeKeyPair('user');
const folder = mkdtempSync(join(tmpdir(), 'fleetwright-user-ssh-'));
const home = join(folder, 'home');
const keyPath = join(folder, 'key');
let one: Server;
let two: Server;
let hostKey: string;

/** Without an agent, and with known_hosts as the file says. */
const options: UserLoginOptions = { home, acceptNew: false, agentSocket: '' };

function ssh(name: string, text?: string): string {
  const path = join(home, '.ssh', name);
  if (text !== undefined) writeFileSync(path, text, { mode: 0o600 });
  return path;
}

async function into(host: UserHost, more: Partial<UserLoginOptions & Pick<SshLogin, 'sudo'>> = {}): Promise<SshTransport> {
  const { sudo, ...rest } = more;
  return connectSsh({ ...await userLogin(host, { ...options, ...rest }), ...(sudo ? { sudo } : {}) });
}

async function whoAmI(host: UserHost, more: Partial<UserLoginOptions> = {}): Promise<string> {
  const machine = await into(host, more);
  const { stdout } = await machine.exec(['sh', '-c', 'id -un; hostname']);
  machine.close();
  return stdout.trim().replace('\n', '@');
}

describe.skipIf(!ready)("a user's own server (needs the image fleetwright/base)", () => {
  beforeAll(async () => {
    vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
    mkdirSync(join(home, '.ssh'), { recursive: true });
    writeFileSync(keyPath, key.privateKey, { mode: 0o600 });
    writeFileSync(`${keyPath}.pub`, `${key.publicKey}\n`);
    await buildBareImage(docker);
    [one, two] = await bootBareMachines(docker, lab, 2, key.publicKey) as [Server, Server];
    hostKey = (await onMachine(docker, one, 'cat', '/etc/ssh/ssh_host_ed25519_key.pub')).split(' ').slice(0, 2).join(' ');
    await vi.waitUntil(() => whoAmI({ address: one.publicAddress, user: 'admin', key: keyPath }, { acceptNew: true }).then(() => true, () => false), { timeout: 60_000, interval: 300 });
  }, 300_000);
  afterAll(async () => {
    await removeBareMachines(docker, lab);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    ssh('config', '');
    ssh('known_hosts', `${one.publicAddress} ${hostKey}\n${two.publicAddress} ${hostKey}\n`);
  });

  describe('whose ~/.ssh/config says so', () => {
    it('is reached under its Host with HostName, User, Port and IdentityFile, also from an included file', async () => {
      await onMachine(docker, one, 'sh', '-c', "grep -q 'Port 2222' /etc/ssh/sshd_config || printf 'Port 22\\nPort 2222\\n' >> /etc/ssh/sshd_config; systemctl restart ssh");
      ssh('known_hosts', `[${one.publicAddress}]:2222 ${hostKey}\n`);
      ssh('config', 'Include more*\nHost other\n  User nobody\n');
      ssh('more.conf', `Host box-*\n  HostName ${one.publicAddress}\n  Port 2222\n  User admin\n  IdentityFile ${keyPath}\n`);
      await vi.waitUntil(() => whoAmI({ address: 'box-1' }).then(() => true, () => false), { timeout: 20_000, interval: 200 });
      expect(await whoAmI({ address: 'box-1' })).toBe('admin@core01');
      ssh('known_hosts', `${one.publicAddress} ${hostKey}\n`);
      expect(await whoAmI({ address: 'box-1', port: 22, user: 'careful' })).toBe('careful@core01');
    });

    it('is reached through its ProxyJump, or the one that the inventory names', async () => {
      ssh('config', `Host ${two.publicAddress}\n  User admin\n  IdentityFile ${keyPath}\nHost gate\n  HostName ${one.publicAddress}\n  User careful\n  IdentityFile ${keyPath}\nHost inner\n  HostName ${two.publicAddress}\n  User admin\n  IdentityFile ${keyPath}\n  ProxyJump gate\n`);
      for (const host of [{ address: 'inner' } as UserHost, { address: two.publicAddress, jump: 'gate' }, { address: 'inner', jump: `gate,admin@${two.publicAddress}` }]) {
        const machine = await into(host);
        const { stdout } = await machine.exec(['sh', '-c', 'hostname; echo "$SSH_CONNECTION"']);
        machine.close();
        expect(stdout, JSON.stringify(host)).toMatch(/^core02\n/);
        expect(stdout.split('\n')[1]?.split(' ')[0]).toBe(host.jump?.includes(',') ? two.publicAddress : one.publicAddress);
      }
      expect(await whoAmI({ address: 'inner', jump: 'none' })).toBe('admin@core02');
    });
  });

  describe('with a key', () => {
    let agent: ChildProcess;
    const socket = join(folder, 'agent');
    const locked = join(folder, 'locked');
    beforeAll(async () => {
      agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
      await once(agent.stdout!, 'data');
      writeFileSync(locked, key.privateKey, { mode: 0o600 });
      execFileSync('ssh-keygen', ['-q', '-p', '-N', 'a passphrase', '-f', locked]);
      writeFileSync(`${locked}.pub`, `${key.publicKey}\n`);
    });
    afterAll(() => agent.kill());

    it('that has a passphrase is refused with a word about the agent, and used once the agent holds it', async () => {
      const host = { address: one.publicAddress, user: 'admin', key: locked };
      const failure = await userLogin(host, { ...options, agentSocket: socket }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(InvalidInputError);
      expect(String(failure)).toMatch(/locked is encrypted, and no agent holds it\n.*ssh-add/);
      execFileSync('ssh-add', ['-q', keyPath], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      expect(await whoAmI(host, { agentSocket: socket })).toBe('admin@core01');
      expect(await whoAmI({ address: one.publicAddress, user: 'admin' }, { agentSocket: socket })).toBe('admin@core01');
    });

    it('that is not let in is refused with all that was shown, and without the key', async () => {
      const stranger = makeKeyPair('stranger');
      writeFileSync(join(folder, 'stranger'), stranger.privateKey, { mode: 0o600 });
      const failure = await into({ address: one.publicAddress, user: 'admin', key: join(folder, 'stranger') }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(AuthenticationError);
      expect(String(failure)).toMatch(/lets admin not in with the key .*stranger\n/);
      expect(String(failure)).not.toContain(stranger.privateKey.split('\n')[2]);
    });
  });

  describe('whose host key', () => {
    const host = (): UserHost => ({ address: one.publicAddress, user: 'admin', key: keyPath });

    it('is not known is refused with its fingerprint, and added only with --accept-new', async () => {
      ssh('known_hosts', '# nobody');
      const print = execFileSync('ssh-keygen', ['-lf', '-'], { input: hostKey, encoding: 'utf8' }).split(' ')[1]!;
      const failure = await into(host()).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(HostKeyError);
      expect(String(failure)).toContain(`ssh-ed25519 ${print}`);
      expect(String(failure)).toContain('--accept-new');
      expect(readFileSync(ssh('known_hosts'), 'utf8')).toBe('# nobody');
      (await into(host(), { acceptNew: true })).close();
      expect(readFileSync(ssh('known_hosts'), 'utf8')).toBe(`# nobody\n${one.publicAddress} ${hostKey}\n`);
      (await into(host())).close();
    });

    it('has changed is refused with both fingerprints, also with --accept-new', async () => {
      const other = makeKeyPair('other').publicKey.split(' ').slice(0, 2).join(' ');
      ssh('known_hosts', `${one.publicAddress} ${other}\n`);
      const prints = [other, hostKey].map((text) => execFileSync('ssh-keygen', ['-lf', '-'], { input: text, encoding: 'utf8' }).split(' ')[1]!);
      for (const acceptNew of [false, true]) {
        const failure = await into(host(), { acceptNew }).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(HostKeyError);
        for (const print of prints) expect(String(failure)).toContain(print);
      }
    });

    it('is known under a hashed name, a pattern or an alias, and one that is revoked is refused', async () => {
      const salt = randomBytes(20);
      const hashed = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(one.publicAddress).digest('base64')}`;
      for (const name of [hashed, '10.210.*,!10.211.*', `other,${one.publicAddress}`]) {
        ssh('known_hosts', `${name} ${hostKey}\n`);
        (await into(host())).close();
      }
      ssh('known_hosts', `10.210.*,!${one.publicAddress} ${hostKey}\n`);
      await expect(into(host())).rejects.toThrow(/is not known/);
      ssh('config', `Host ${one.publicAddress}\n  HostKeyAlias the-box\n`);
      ssh('known_hosts', `the-box ${hostKey}\n`);
      (await into(host())).close();
      ssh('known_hosts', `@revoked * ${hostKey}\nthe-box ${hostKey}\n`);
      await expect(into(host())).rejects.toThrow(/is revoked/);
    });

    it('is asked for in the type that is known, where the server has several', async () => {
      const ecdsa = (await onMachine(docker, one, 'cat', '/etc/ssh/ssh_host_ecdsa_key.pub')).split(' ').slice(0, 2).join(' ');
      ssh('known_hosts', `${one.publicAddress} ${ecdsa}\n`);
      (await into(host())).close();
    });
  });

  describe('on which a script of the set-up runs', () => {
    it('is found again after its connection was lost, with the script that ran: it is not started twice', async () => {
      const login = { address: one.publicAddress, user: 'careful', key: keyPath };
      const sudo = new Secret('correct horse');
      const script = 'echo started; echo run >> /root/runs; until [ -e /root/go ]; do sleep 0.1; done; echo ended as "$(id -un)" with "$GIVEN"';
      const said: string[] = [];
      const phase = { name: 'wait', script, run: parseRunId('deploy/lab#1'), environment: { GIVEN: "it's" }, onProgress: (line: string) => void said.push(line), signal: new AbortController().signal };
      const first = await into(login, { sudo });
      const lost = runPhase(first, phase).catch((error: unknown) => error);
      await vi.waitUntil(() => said.includes('started'), { timeout: 30_000 });
      await onMachine(docker, one, 'sh', '-c', "pkill -KILL -f 'sshd: careful'");
      expect(await lost).toBeInstanceOf(TransientError);
      const second = await into(login, { sudo });
      const followed = runPhase(second, phase);
      await vi.waitUntil(() => said.some((line) => line.includes('still runs')), { timeout: 30_000 });
      await onMachine(docker, one, 'touch', '/root/go');
      expect(await followed).toBe("started\nended as root with it's\n");
      expect(await onMachine(docker, one, 'cat', '/root/runs')).toBe('run');
      await forgetPhases(second);
      expect(await onMachine(docker, one, 'sh', '-c', 'ls /run | grep -c fleetwright')).toBe('0');
      second.close();
    });

    it('is told the end of what a script said when it failed, and starts it again the next time', async () => {
      const machine = await into({ address: one.publicAddress, user: 'root', key: keyPath }, { sudo: 'root' });
      const phase = { name: 'fail', script: 'echo try >> /root/tries; echo "the reason" >&2; exit 3', run: parseRunId('deploy/lab#1'), environment: {}, onProgress: () => undefined, signal: new AbortController().signal };
      for (let time = 0; time < 2; time += 1) await expect(runPhase(machine, phase)).rejects.toThrow(/fail exited with 3:\nthe reason/);
      expect(await onMachine(docker, one, 'cat', '/root/tries')).toBe('try\ntry');
      machine.close();
    });
  });

  describe('whose sudo', () => {
    it('asks for a password gets it through standard input alone, and the command gets its own input behind it', async () => {
      const machine = await into({ address: one.publicAddress, user: 'careful', key: keyPath }, { sudo: new Secret('correct horse') });
      const { exitCode, stdout } = await machine.exec(['sudo', '-n', 'sh', '-c', 'id -un; cat; tr "\\0" " " < /proc/$PPID/cmdline'], { stdin: 'first line\nsecond' });
      expect([exitCode, stdout.slice(0, 22)]).toEqual([0, 'root\nfirst line\nsecond']);
      expect(stdout).not.toContain('correct horse');
      await machine.writeFile('/root/by sudo', 'content', { mode: 0o600, sudo: true });
      expect(await onMachine(docker, one, 'cat', '/root/by sudo')).toBe('content');
      machine.close();
    });

    it('does not ask is given no password to the command, and root needs no sudo', async () => {
      const free = await into({ address: one.publicAddress, user: 'admin', key: keyPath }, { sudo: new Secret('correct horse') });
      expect((await free.exec(['sudo', '-n', 'cat'], { stdin: 'mine' })).stdout).toBe('mine');
      free.close();
      const root = await into({ address: one.publicAddress, user: 'root', key: keyPath }, { sudo: 'root' });
      expect((await root.exec(['sudo', '-n', '--', 'sh', '-c', 'id -un; cat'], { stdin: 'mine' })).stdout).toBe('root\nmine');
      root.close();
    });
  });
});
