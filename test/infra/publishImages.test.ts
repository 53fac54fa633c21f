import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import type Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PermanentError, TransientError } from '../../infra/errors.js';
import { publishImages } from '../../infra/images/publishImages.js';

const ID = `sha256:${'a'.repeat(64)}`;
let registry: Server;
let address: string;
/** What the registry has as `latest`, by path. */
let manifests: Record<string, { readonly config: string; readonly digest: string }>;

beforeEach(async () => {
  manifests = {};
  registry = createServer((request, response) => {
    const found = manifests[request.url ?? ''];
    response.statusCode = found ? 200 : 404;
    if (found) response.setHeader('docker-content-digest', found.digest);
    response.end(JSON.stringify(found ? { config: { digest: found.config } } : {}));
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
afterEach(() => new Promise<void>((resolve) => void registry.close(() => resolve())));

/** An engine that has the image `web` and notes what it is told. */
function engine(answer: readonly string[] = ['{"status":"Pushed"}']): { readonly docker: Docker; readonly calls: string[] } {
  const calls: string[] = [];
  const image = (reference: string): object => ({
    inspect: async () => {
      if (reference !== 'fleetwright/web:latest') throw Object.assign(new Error('no such image'), { statusCode: 404 });
      return { Id: ID, Config: { Labels: { 'fleetwright.hash': 'abc' } } };
    },
    tag: async ({ repo, tag }: { repo: string; tag: string }) => calls.push(`tag ${repo}:${tag}`),
    push: async () => {
      calls.push(`push ${reference}`);
      return Readable.from(answer.map((line) => `${line}\r\n`)).pipe(new PassThrough());
    },
    remove: async () => calls.push(`untag ${reference}`),
  });
  return { docker: { getImage: image } as unknown as Docker, calls };
}

describe('publishImages', () => {
  it('pushes under the registry\'s name, which the engine does not keep', async () => {
    const { docker, calls } = engine();
    expect(await publishImages(docker, ['web'], address)).toEqual([{ name: 'web', hash: 'abc', pushed: true }]);
    const name = `${address}/fleetwright/web:latest`;
    expect(calls).toEqual([`tag ${name}`, `push ${name}`, `untag ${name}`]);
  });

  it.each([{ config: ID, digest: 'sha256:other' }, { config: 'sha256:other', digest: ID }])('pushes nothing that the registry has: %j', async (has) => {
    manifests['/v2/fleetwright/web/manifests/latest'] = has;
    const { docker, calls } = engine();
    expect(await publishImages(docker, ['web'], address)).toEqual([{ name: 'web', hash: 'abc', pushed: false }]);
    expect(calls).toEqual([]);
  });

  it('pushes again what was built afresh', async () => {
    manifests['/v2/fleetwright/web/manifests/latest'] = { config: 'sha256:old', digest: 'sha256:old' };
    expect(await publishImages(engine().docker, ['web'], address)).toMatchObject([{ pushed: true }]);
  });

  it('fails when the push fails in the middle, and takes the name away all the same', async () => {
    const { docker, calls } = engine(['{"status":"Preparing"}', '{"errorDetail":{"message":"EOF"},"error":"EOF"}']);
    await expect(publishImages(docker, ['web'], address)).rejects.toThrow(/EOF/);
    expect(calls.at(-1)).toBe(`untag ${address}/fleetwright/web:latest`);
  });

  it('says what to do when an image has not been built', async () => {
    await expect(publishImages(engine().docker, ['db'], address)).rejects.toThrow(PermanentError);
  });

  it('takes a registry that does not answer for a fault that may pass', async () => {
    await expect(publishImages(engine().docker, ['web'], '127.0.0.1:1')).rejects.toThrow(TransientError);
  });
});
