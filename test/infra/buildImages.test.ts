import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { imageId, imageLabels, untagImage } from '../../infra/docker/client.js';
import { findEngine } from '../../infra/docker/find.js';
import { buildImages, type BuildOptions, type ImageSource } from '../../infra/images/buildImages.js';
import { HASH_LABEL } from '../../infra/images/catalogue.js';
import { PermanentError } from '../../infra/errors.js';

const engine = await findEngine().catch(() => undefined);
const prefix = `fleetwright-test/${randomBytes(4).toString('hex')}`;
let folder: string;
let docker: Docker;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'images-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
  if (engine) docker = engine.docker;
});
afterEach(async () => {
  const images = engine ? await docker.listImages({ filters: { reference: [`${prefix}-*`] } }) : [];
  for (const tag of images.flatMap(({ RepoTags }) => RepoTags ?? [])) await untagImage(docker, tag);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** `web` made from `db`, two images of one small file each, without any network. */
function source(files: { readonly web: string; readonly db?: string }): ImageSource {
  return {
    recipe: (name) => ({ name, kind: 'dockerfile', parents: name === 'web' ? ['db'] : [] }),
    repository: (name) => `${prefix}-${name}`,
    read: async (name) => ({
      files: [
        { path: 'Dockerfile', content: Buffer.from(name === 'web' ? 'ARG PARENT_DB\nFROM ${PARENT_DB}\nCOPY file /web\n' : 'FROM scratch\nCOPY file /db\n'), executable: false },
        ...(name === 'web' && files.web === '' ? [] : [{ path: 'file', content: Buffer.from(`${prefix} ${name === 'web' ? files.web : files.db ?? ''}`), executable: false }]),
      ],
      generatorFiles: [],
      generate: async () => [],
    }),
  };
}

const build = async (options: BuildOptions): Promise<{ readonly built: string[]; readonly hash: string }> => {
  const built: string[] = [];
  const { web } = await buildImages(docker, ['web'], { ...options, onBuilt: (name) => built.push(name) });
  expect(web.built).toBe(built.includes('web'));
  return { built, hash: web.hash };
};

describe.skipIf(!engine)('buildImages', () => {
  it('builds an image after its parent, and neither of them a second time', async () => {
    const first = await build({ source: source({ web: '1' }) });
    expect(first.built).toEqual(['db', 'web']);
    expect((await imageLabels(docker, `${prefix}-web:latest`))?.[HASH_LABEL]).toBe(first.hash);
    expect(await build({ source: source({ web: '1' }) })).toEqual({ built: [], hash: first.hash });
  });

  it('builds what has changed, and goes back to what it was without a build', async () => {
    const one = await build({ source: source({ web: '1' }) });
    expect((await build({ source: source({ web: '2' }) })).built).toEqual(['web']);
    expect((await build({ source: source({ web: '2', db: 'x' }) })).built).toEqual(['db', 'web']);
    expect((await build({ source: source({ web: '1' }) })).built).toEqual([]);
    expect((await imageLabels(docker, `${prefix}-web:latest`))?.[HASH_LABEL]).toBe(one.hash);
  });

  it('builds all afresh when it is told so', async () => {
    const ids = (): Promise<(string | undefined)[]> => Promise.all(['web', 'db'].map((name) => imageId(docker, `${prefix}-${name}`)));
    await build({ source: source({ web: '1' }) });
    const before = await ids();
    expect((await build({ source: source({ web: '1' }), noCache: true })).built).toEqual(['db', 'web']);
    const after = await ids();
    expect(before.filter((id) => after.includes(id))).toEqual([]);
    expect(await Promise.all(before.map((id) => imageId(docker, id as string)))).toEqual([undefined, undefined]);
  });

  it('fails with the last lines of the build\'s log, and leaves no image of that hash', async () => {
    const failure = build({ source: source({ web: '' }) });
    await expect(failure).rejects.toThrow(PermanentError);
    await expect(failure).rejects.toThrow(/-web could not be built: .*file[\s\S]*COPY file \/web/);
    expect(await imageLabels(docker, `${prefix}-web:latest`)).toBeUndefined();
  });

  it('ends with the reason of an abort', async () => {
    await expect(buildImages(docker, ['web'], { source: source({ web: '1' }), signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});
