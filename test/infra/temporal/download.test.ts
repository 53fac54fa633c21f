import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acquireTemporal, cachedTemporal } from '../../../infra/temporal/acquire.js';
import { downloadTemporal } from '../../../infra/temporal/download.js';
import { parseGoVersion } from '../../../infra/temporal/go.js';

let dir: string;
let server: Server | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fleetwright-download-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  server?.close();
  rmSync(dir, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/cli/`;
}

async function archive(): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: 'LICENSE' }, 'licence');
  tar.entry({ name: 'temporal' }, '#!/bin/sh\necho temporal\n');
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** An index at /cli/VERSION and an archive. */
function site(body: Buffer, end = true): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '', `http://${request.headers.host}`);
    if (url.pathname === '/cli/v1.5.1' && url.searchParams.get('format') === 'tar.gz') {
      response.end(JSON.stringify({ archiveUrl: new URL('/archive', url).href, fileToExtract: 'temporal' }));
    } else if (url.pathname === '/archive') {
      response.write(body);
      if (end) response.end();
    } else response.writeHead(404).end();
  };
}

describe("the download of Temporal's CLI", () => {
  it('puts the one executable at its place', async () => {
    const target = join(dir, 'v1.5.1', 'temporal');
    await downloadTemporal(target, 'v1.5.1', {}, await serve(site(await archive())));
    expect(readFileSync(target, 'utf8')).toContain('echo temporal');
    expect(statSync(target).mode & 0o111).toBe(0o111);
    expect(readdirSync(join(dir, 'v1.5.1'))).toEqual(['temporal']);
  });

  it.each([
    ['an answer that is no archive', Buffer.from('<html>sign in to the network</html>'), /incorrect header/],
    ['an archive that is cut short', gzipSync(Buffer.alloc(4096)).subarray(0, 20), /unexpected end/],
  ])('leaves nothing behind after %s', async (_what, body, message) => {
    const target = join(dir, 'temporal');
    await expect(downloadTemporal(target, 'v1.5.1', {}, await serve(site(body)))).rejects.toThrow(message);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('says which host did not answer', async () => {
    const closed = await serve(() => undefined);
    server?.close();
    await expect(downloadTemporal(join(dir, 'temporal'), 'v1.5.1', {}, closed)).rejects.toThrow(/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    const index = await serve(site(Buffer.alloc(0)));
    await expect(downloadTemporal(join(dir, 'temporal'), 'v0.0.0', {}, index)).rejects.toThrow('it answered 404');
  });

  it('ends at once when it is told to', async () => {
    const index = await serve(site((await archive()).subarray(0, 40), false));
    const stop = new AbortController();
    const download = downloadTemporal(join(dir, 'temporal'), 'v1.5.1', { signal: stop.signal, onProgress: () => setTimeout(() => stop.abort(new Error('told to')), 50) }, index);
    await expect(download).rejects.toThrow('told to');
    expect(existsSync(join(dir, 'temporal'))).toBe(false);
  });
});

describe('the way to a Temporal server', () => {
  it('that is named and is none is refused, and nothing else is tried', async () => {
    vi.stubEnv('FLEETWRIGHT_TEMPORAL', '/bin/false');
    vi.stubEnv('XDG_CACHE_HOME', dir);
    await expect(acquireTemporal()).rejects.toThrow(/FLEETWRIGHT_TEMPORAL: \/bin\/false does not run `server start-dev`/);
    expect(existsSync(cachedTemporal())).toBe(false);
  });
});

it.each([['go version go1.19.8 linux/amd64', 19], ['go version go1.25rc1 linux/arm64', 25], ['go version devel +abc', undefined]])(
  'reads %j', (text, minor) => expect(parseGoVersion(text)).toBe(minor));
