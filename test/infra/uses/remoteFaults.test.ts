import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PermanentError, TransientError } from '../../../infra/errors.js';
import { resolveUses } from '../../../infra/uses/resolve.js';
import { useWorld } from './repositories.js';

const world = useWorld();
let server: Server;

/** Answers `/<status>/...` with that status. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const status = Number(request.url!.split('/')[1]);
    if (status === 0) return void request.socket.destroy();
    response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="x"' } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

describe('a server of repositories', () => {
  it.each<[string, number, new (...args: never[]) => Error, string]>([
    ['has no such repository', 404, PermanentError, 'the repository me/say was not found'],
    ['wants to know who asks, which is what GitHub says of a repository that is not there', 401, PermanentError, 'the repository me/say was not found'],
    ['lets nobody in', 403, PermanentError, 'the repository me/say may not be read'],
    ['is out of order', 500, TransientError, 'the repository me/say could not be reached'],
    ['is busy', 503, TransientError, 'the repository me/say could not be reached'],
    ['has enough of us', 429, TransientError, 'the repository me/say could not be reached'],
    ['hangs up', 0, TransientError, 'the repository me/say could not be reached'],
  ])('that %s (%i)', async (_, status, type, text) => {
    const { port } = server.address() as AddressInfo;
    world.rewrite(`http://127.0.0.1:${port}/${status}/`);
    for (const ref of ['main', 'a'.repeat(40)]) {
      const refused = await resolveUses({ uses: `me/say@${ref}`, workspace: world.folder }).then(() => undefined, (error: unknown) => error as Error);
      expect(refused).toBeInstanceOf(type);
      expect(refused?.message).toContain(text);
    }
  });

  it('that has no name', async () => {
    world.rewrite('https://no-such-host.invalid/');
    await expect(resolveUses({ uses: 'me/say@main', workspace: world.folder })).rejects.toBeInstanceOf(TransientError);
  });
});
