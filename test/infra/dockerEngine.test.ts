import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followProgress, StreamError } from '../../infra/docker/client.js';
import { checkDiskSpace } from '../../infra/docker/disk.js';
import { findEngine } from '../../infra/docker/find.js';
import { cleanUpRules, mountPointsUnder } from '../../infra/docker/leftovers.js';
import { stopOwnEngine } from '../../infra/docker/ownEngine.js';
import { PermanentError } from '../../infra/errors.js';

let folder: string;
let server: Server | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'));
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function listen(path: string, onRequest: string): Promise<void> {
  server = createServer((socket) => socket.once('data', () => socket.end(onRequest)));
  await new Promise<void>((resolve) => server?.listen(path, resolve));
}

describe('findEngine', () => {
  it('takes an engine that answers on the host\'s socket as it is', async () => {
    const socket = join(folder, 'docker.sock');
    await listen(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nOK');
    expect(await findEngine({ env: {}, defaultSocket: socket })).toMatchObject({ address: `unix://${socket}`, own: false });
  });

  it('finds none where no socket is, and where a socket is left of an engine that has ended', async () => {
    expect(await findEngine({ env: {}, defaultSocket: join(folder, 'none.sock') })).toBeUndefined();
  });

  it('does not go round a DOCKER_HOST that does not answer', async () => {
    const found = findEngine({ env: { DOCKER_HOST: `unix://${folder}/gone.sock` } });
    await expect(found).rejects.toThrow(PermanentError);
    await expect(found).rejects.toThrow(/unset DOCKER_HOST/);
  });
});

describe('stopOwnEngine', () => {
  it('is a no-op when there is no engine of ours', async () => {
    expect(await stopOwnEngine()).toBe(false);
  });

  it('leaves a process alone that only has the number in the pid file', async () => {
    await mkdir(join(folder, 'state/fleetwright/docker'), { recursive: true });
    await writeFile(join(folder, 'state/fleetwright/docker/docker.pid'), String(process.pid));
    expect(await stopOwnEngine()).toBe(false);
  });
});

describe('checkDiskSpace', () => {
  it('says how much is free and what to do when it is too little', async () => {
    await expect(checkDiskSpace(folder, 2 ** 60)).rejects.toThrow(/GiB free, and 1073741824\.0 GiB are needed\n.*docker system/);
  });

  it('judges a folder that is not there yet by the one it will be in', async () => {
    expect(await checkDiskSpace(join(folder, 'a/b'), 1)).toBeGreaterThan(0);
  });
});

describe('cleanUpRules', () => {
  it('removes Docker\'s rules and chains and no others', () => {
    const rules = [
      '-P FORWARD DROP', '-N DOCKER', '-N DOCKER-USER', '-N mine',
      '-A FORWARD -j DOCKER-USER', '-A FORWARD -o docker0 -j DOCKER', '-A FORWARD -i br-0123456789ab -j ACCEPT',
      '-A FORWARD -i eth0 -j ACCEPT', '-A mine -m comment --comment "of DOCKER" -j DROP', '-A DOCKER-USER -j RETURN',
    ];
    expect(cleanUpRules(rules, ['docker0', 'br-0123456789ab']).map((argv) => argv.join(' '))).toEqual([
      '-D FORWARD -j DOCKER-USER', '-D FORWARD -o docker0 -j DOCKER', '-D FORWARD -i br-0123456789ab -j ACCEPT',
      '-F DOCKER', '-F DOCKER-USER', '-X DOCKER', '-X DOCKER-USER',
    ]);
  });
});

describe('mountPointsUnder', () => {
  it('finds what is mounted in the folder, innermost first, and nothing beside it', () => {
    const line = (path: string): string => `36 35 98:0 /x ${path} rw,noatime - ext4 /dev/vda rw`;
    const mountinfo = ['/', '/state/docker/data', '/state/docker/data/a\\040b', '/state/docker-2/data'].map(line).join('\n');
    expect(mountPointsUnder('/state/docker', mountinfo)).toEqual(['/state/docker/data/a b', '/state/docker/data']);
  });
});

describe('followProgress', () => {
  it('fails with the engine\'s words when a build fails in the middle of an answer', async () => {
    const stream = new PassThrough();
    const seen: unknown[] = [];
    const done = followProgress(stream, (message) => seen.push(message));
    stream.write('{"stream":"Step 1\\n"}\r\n{"str');
    stream.end('eam":"x"}\r\n{"errorDetail":{"code":1,"message":"it returned 1"},"error":"it returned 1"}\r\n');
    await expect(done).rejects.toThrow(new StreamError('it returned 1'));
    expect(seen).toEqual([{ stream: 'Step 1\n' }, { stream: 'x' }]);
  });

  it('ends with the signal\'s reason', async () => {
    const stop = new AbortController();
    const done = followProgress(new PassThrough(), () => undefined, stop.signal);
    stop.abort(new Error('enough'));
    await expect(done).rejects.toThrow('enough');
  });
});
