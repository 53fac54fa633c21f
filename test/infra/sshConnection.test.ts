import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer, Socket, type AddressInfo } from 'node:net';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseClusterName } from '../../language/ids.js';
import { CommandError, InvalidInputError, PermanentError, TransientError } from '../../infra/errors.js';
import { connectSsh, type SshOptions, type SshTransport } from '../../infra/ssh/connection.js';
import { AuthenticationError, HostKeyError } from '../../infra/ssh/errors.js';
import { KeptConnections } from '../../infra/ssh/kept.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { clusterKnownHosts, fingerprint, forgetHost, knownHostsPath, pinnedHostKey } from '../../infra/ssh/knownHosts.js';
import { MachinePool, withMachines } from '../../infra/ssh/pool.js';
import { waitForSsh } from '../../infra/ssh/wait.js';
import { httpOverStream } from '../../infra/streamHttp.js';
import { startSshServer, type TestSshServer } from './sshServer.js';

const key = makeKeyPair('demo');
let folder: string;
let server: TestSshServer;
let transport: SshTransport;

function optionsFor(one: TestSshServer, more: Partial<SshOptions> = {}): SshOptions {
  return { host: '127.0.0.1', port: one.port, username: 'core', identities: [{ privateKey: key.privateKey, path: '/keys/demo' }], hostKey: pinnedHostKey(fingerprint(one.hostKey)), ...more };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleetwright-ssh-'));
  process.env['XDG_STATE_HOME'] = folder;
  const unix = join(folder, 'http.sock');
  createServer((request, response) => response.end(`${request.method} ${request.url}`)).listen(unix).unref();
  server = await startSshServer({ publicKey: key.publicKey, unixSockets: { '/run/fleet.sock': unix } });
  transport = await connectSsh(optionsFor(server));
});

afterAll(async () => {
  transport.close();
  await server.stop();
  delete process.env['XDG_STATE_HOME'];
  await rm(folder, { recursive: true, force: true });
});

describe('a command over SSH', () => {
  it('gets every argument as it was given, whatever characters it holds', async () => {
    const nasty = ['', ' ', "it's", '"', '$(id)', '`id`', '$HOME', ';', '&&', '|', '*', '~', '\\', 'two\nlines', '-n', '--', '!', '#x', '{a,b}', 'é ☃', 'A=b', '<', '>(x)', '\t'];
    const { stdout, exitCode } = await transport.exec(['printf', '%s\\0', ...nasty]);
    expect(exitCode).toBe(0);
    expect(stdout.split('\0').slice(0, -1)).toEqual(nasty);
  });

  it('gives its exit code and both streams, and does not throw for a failure', async () => {
    expect(await transport.exec(['sh', '-c', 'echo out; echo err >&2; exit 7'])).toEqual({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' });
    expect((await transport.exec(['no-such-program'])).exitCode).toBe(127);
    expect((await transport.exec(['sh', '-c', 'kill -9 $$'])).exitCode).toBeNull();
  });

  it('is not read as a keyword or an assignment', async () => {
    expect((await transport.exec(['A=b'])).exitCode).toBe(127);
    expect((await transport.exec(['if'])).exitCode).toBe(127);
  });

  it('reads its standard input to the end, and may also leave it unread', async () => {
    const input = Buffer.alloc(3_000_000, 'x');
    expect((await transport.exec(['wc', '-c'], { stdin: input })).stdout.trim()).toBe('3000000');
    expect((await transport.exec(['true'], { stdin: input })).exitCode).toBe(0);
  });

  it('streams its output, and keeps the last mebibyte when nobody listens', async () => {
    let streamed = 0;
    const script = 'head -c 3000000 /dev/zero; printf end';
    const result = await transport.exec(['sh', '-c', script], { onStdout: (chunk) => { streamed += chunk.length; } });
    expect([streamed, result.stdout]).toEqual([3_000_003, '']);
    const kept = (await transport.exec(['sh', '-c', script])).stdout;
    expect([kept.length, kept.slice(-3)]).toEqual([1024 * 1024, 'end']);
  });

  it('ends when its signal is aborted', async () => {
    const abort = new AbortController();
    const reason = new Error('not any more');
    const running = transport.exec(['sleep', '600'], { signal: abort.signal });
    while (server.processes.at(-1)?.spawnargs.join(' ').includes('sleep 600') !== true) await new Promise(setImmediate);
    const child = server.processes.at(-1)!;
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    if (child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGTERM');
  });

  it('fails as a fault that may pass when its time is up', async () => {
    await expect(transport.exec(['sleep', '600'], { timeoutMs: 50 })).rejects.toThrow(/sleep 600 on 127.0.0.1:\d+ was not done after 50 ms/);
  });

  it('waits for its turn when eight others run on the connection', async () => {
    const before = server.processes.length;
    const results = await Promise.all(Array.from({ length: 20 }, (_, index) => transport.exec(['sh', '-c', `sleep 0.05; echo ${index}`])));
    expect(results.map((result) => Number(result.stdout))).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(server.processes.length - before).toBe(20);
    expect(server.mostAtOnce()).toBeLessThanOrEqual(9);
  });

  it('is refused before it is sent when it is none or holds a NUL', async () => {
    await expect(transport.exec([])).rejects.toThrow(InvalidInputError);
    await expect(transport.exec(['-x'])).rejects.toThrow(InvalidInputError);
    await expect(transport.exec(['echo', 'a\0b'])).rejects.toThrow(InvalidInputError);
  });

  it('fails as a fault that may pass when the machine goes away', async () => {
    const own = await startSshServer({ publicKey: key.publicKey });
    const connection = await connectSsh(optionsFor(own));
    const running = connection.exec(['sleep', '600']);
    while (own.processes.length === 0) await new Promise(setImmediate);
    own.dropConnections();
    await expect(running).rejects.toThrow(TransientError);
    expect(connection.closed).toBe(true);
    await expect(connection.exec(['true'])).rejects.toThrow(TransientError);
    await own.stop();
  });

  it('notices a machine that has stopped answering', async () => {
    const own = await startSshServer({ publicKey: key.publicKey });
    const connection = await connectSsh(optionsFor(own));
    const running = connection.exec(['sleep', '600']);
    while (own.processes.length === 0) await new Promise(setImmediate);
    own.freeze();
    await expect(running).rejects.toThrow(/Keepalive timeout/);
    await own.stop();
  });
});

describe('a file written over SSH', () => {
  it('is there whole, with its mode, and nothing beside it', async () => {
    const target = join(folder, "it's a file");
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256));
    await transport.writeFile(target, 'old', { mode: 0o644 });
    await transport.writeFile(target, content, { mode: 0o600 });
    expect((await readFile(target)).equals(content)).toBe(true);
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).filter((name) => name.startsWith("it's"))).toEqual(["it's a file"]);
  });

  it('fails with the reason and without the content', async () => {
    const failure = await transport.writeFile(join(folder, 'absent', 'file'), 'the content', { mode: 0o600 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CommandError);
    expect(String(failure)).toMatch(/No such file or directory/);
    expect(String(failure)).not.toContain('the content');
  });
});

describe('a stream over SSH', () => {
  it('reaches a Unix socket of the machine', async () => {
    const answer = await httpOverStream({ connect: () => transport.connectUnix('/run/fleet.sock'), method: 'GET', path: '/x', host: 'fleet', timeoutMs: 5000 });
    expect(answer).toEqual({ status: 200, text: 'GET /x' });
    await expect(transport.connectUnix('/run/other.sock')).rejects.toThrow(TransientError);
  });

  it('reaches a TCP port as the machine sees it', async () => {
    const echo = createTcpServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const stream = await transport.connectTcp('127.0.0.1', (echo.address() as AddressInfo).port);
    stream.write('hello');
    expect(String((await once(stream, 'data'))[0])).toBe('hello');
    stream.destroy();
    echo.close();
  });
});

describe('a connection', () => {
  it('sends each packet at once: its requests are many small ones', async () => {
    const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
    (await connectSsh(optionsFor(server))).close();
    expect(noDelay).toHaveBeenCalled();
    noDelay.mockRestore();
  });

  it('names user and key, and not the key itself, when it is refused', async () => {
    const failure = await connectSsh(optionsFor(server, { username: 'root' })).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AuthenticationError);
    expect(String(failure)).toMatch(/root.*\/keys\/demo/s);
    expect(String(failure)).not.toContain(key.privateKey.split('\n')[2]);
  });

  it('is a fault that may pass when nothing listens, and ends at once when aborted', async () => {
    const own = await startSshServer({ publicKey: key.publicKey });
    await own.stop();
    await expect(connectSsh(optionsFor(own))).rejects.toThrow(TransientError);
    const silent = createTcpServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const port = (silent.address() as AddressInfo).port;
    await expect(connectSsh(optionsFor(own, { port, readyTimeoutMs: 100 }))).rejects.toThrow(TransientError);
    const abort = new AbortController();
    const connecting = connectSsh(optionsFor(own, { port, signal: abort.signal }));
    abort.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
    silent.close();
  });

  it('refuses a key that is none', async () => {
    await expect(connectSsh(optionsFor(server, { identities: [{ privateKey: 'nonsense' }] }))).rejects.toThrow(PermanentError);
  });

  it('waits for a server that is not there yet', async () => {
    const first = await startSshServer({ publicKey: key.publicKey });
    await first.stop();
    let looks = 0;
    let late: TestSshServer | undefined;
    const connection = await waitForSsh({
      ...optionsFor(first, { hostKey: { check: async () => undefined } }),
      timeoutMs: 20_000,
      onAttempt: () => {
        looks += 1;
        if (looks === 2) void startSshServer({ publicKey: key.publicKey, port: first.port }).then((started) => { late = started; });
      },
    });
    expect(looks).toBeGreaterThanOrEqual(2);
    connection.close();
    await late?.stop();
  });
});

describe('a host key', () => {
  const cluster = parseClusterName('demo');

  it('is trusted on first contact, known afterwards, and refused with both fingerprints once it has changed', async () => {
    const own = await startSshServer({ publicKey: key.publicKey });
    const strict = clusterKnownHosts(cluster, { trustNew: false });
    await expect(connectSsh(optionsFor(own, { hostKey: strict }))).rejects.toThrow(HostKeyError);
    (await connectSsh(optionsFor(own, { hostKey: clusterKnownHosts(cluster, { trustNew: true }) }))).close();
    (await connectSsh(optionsFor(own, { hostKey: strict }))).close();
    await own.stop();

    const other = await startSshServer({ publicKey: key.publicKey, port: own.port });
    const failure = await connectSsh(optionsFor(other, { hostKey: clusterKnownHosts(cluster, { trustNew: true }) })).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HostKeyError);
    expect(String(failure)).toContain(fingerprint(own.hostKey));
    expect(String(failure)).toContain(fingerprint(other.hostKey));

    await forgetHost(cluster, '127.0.0.1', own.port);
    (await connectSsh(optionsFor(other, { hostKey: clusterKnownHosts(cluster, { trustNew: true }) }))).close();
    expect(await readFile(knownHostsPath(cluster), 'utf8')).toMatch(new RegExp(`^\\[127\\.0\\.0\\.1\\]:${own.port} ssh-ed25519 AAAA\\S+\\n$`));
    expect((await stat(knownHostsPath(cluster))).mode & 0o777).toBe(0o600);
    await other.stop();
  });

  it('that is pinned refuses another', async () => {
    await expect(connectSsh(optionsFor(server, { hostKey: pinnedHostKey('SHA256:other') }))).rejects.toThrow(/SHA256:other.*SHA256:/s);
  });
});

describe('a pool of machines', () => {
  it('connects once a machine, again when the connection was lost, and closes all at the end', async () => {
    const own = await startSshServer({ publicKey: key.publicKey });
    const address = optionsFor(own);
    let kept: SshTransport | undefined;
    await withMachines({}, async (pool) => {
      const [one, two] = await Promise.all([pool.machine(address), pool.machine(address)]);
      expect(one).toBe(two);
      own.dropConnections();
      await expect(one.exec(['sleep', '60'])).rejects.toThrow(TransientError);
      kept = await pool.machine(address);
      expect(kept).not.toBe(one);
      expect(await pool.any([{ ...address, port: 1 }, address])).toBe(kept);
    });
    expect(kept?.closed).toBe(true);
    await own.stop();
  });

  it('forgets a failed attempt', async () => {
    const pool = new MachinePool({});
    await expect(pool.machine(optionsFor(server, { port: 1 }))).rejects.toThrow(TransientError);
    await expect(pool.machine(optionsFor(server))).resolves.toBeDefined();
    pool.close();
  });

  it('leaves its connections for a moment to whoever is let in with the same key, and one that is lost to nobody', async () => {
    const own = await startSshServer({ publicKey: key.publicKey });
    const kept = new KeptConnections(60_000);
    const connect = (login = optionsFor(own)): Promise<SshTransport> => withMachines({ kept }, (pool) => pool.machine(login));
    const first = await connect();
    expect(await connect()).toBe(first);
    await expect(connect(optionsFor(own, { identities: [{ privateKey: makeKeyPair('other').privateKey }] }))).rejects.toThrow(AuthenticationError);
    own.dropConnections();
    await expect(first.exec(['sleep', '60'])).rejects.toThrow(TransientError);
    const second = await connect();
    expect([second === first, second.closed]).toEqual([false, false]);
    second.close();
    await own.stop();
  });

  it('closes what was left when nobody takes it, and at once when its work has failed', async () => {
    const left = await withMachines({ kept: new KeptConnections(20) }, (pool) => pool.machine(optionsFor(server)));
    await vi.waitFor(() => expect(left.closed).toBe(true));
    let failed: SshTransport | undefined;
    const work = withMachines({ kept: new KeptConnections(60_000) }, async (pool) => {
      failed = await pool.machine(optionsFor(server));
      throw new Error('its work');
    });
    await expect(work).rejects.toThrow('its work');
    await vi.waitFor(() => expect(failed?.closed).toBe(true));
  });
});
