import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectSsh, type SshTransport } from '../../infra/ssh/connection.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { fingerprint, pinnedHostKey } from '../../infra/ssh/knownHosts.js';
import { startSshServer, type TestSshServer } from './sshServer.js';

const key = makeKeyPair('demo');
let server: TestSshServer;
let transport: SshTransport;
beforeAll(async () => {
  server = await startSshServer({ publicKey: key.publicKey });
  transport = await connectSsh({ host: '127.0.0.1', port: server.port, username: 'core', identities: [{ privateKey: key.privateKey }], hostKey: pinnedHostKey(fingerprint(server.hostKey)) });
});
afterAll(async () => {
  transport.close();
  await server.stop();
});

async function interact(argv: readonly string[], input = ''): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await transport.interact({ argv, stdin: Readable.from([input]), stdout, stderr });
  stdout.end();
  stderr.end();
  return { code, out: await text(stdout), err: await text(stderr) };
}

describe('a session over SSH', () => {
  it('passes what comes in to the command, and both outputs and the exit code out', async () => {
    expect(await interact(['sh', '-c', 'cat; echo err >&2; exit 7'], 'in\n')).toEqual({ code: 7, out: 'in\n', err: 'err\n' });
  });

  it('gives each word as it is: no shell reads it', async () => {
    expect((await interact(['printf', '%s|', 'two  words', '$(id)', "it's"])).out).toBe("two  words|$(id)|it's|");
  });

  it('ends with 128 and the number of the signal that ended its command', async () => {
    expect((await interact(['sh', '-c', 'kill -KILL $$'])).code).toBe(137);
  });

  it('refuses what is no command', async () => {
    await expect(interact(['-x'])).rejects.toThrow('is not a command');
  });

  it('ends when the connection is lost, and says so', async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const own = await connectSsh({ host: '127.0.0.1', port: server.port, username: 'core', identities: [{ privateKey: key.privateKey }], hostKey: pinnedHostKey(fingerprint(server.hostKey)) });
    const session = own.interact({ argv: ['sh', '-c', 'echo ready; sleep 60'], stdin: new PassThrough(), stdout, stderr });
    stdout.once('data', () => own.close());
    await expect(session).rejects.toThrow('was closed');
  });
});
