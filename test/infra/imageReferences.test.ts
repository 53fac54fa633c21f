import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { IMAGE_NAMES, type ImageName, machinesReference, MACHINES_REGISTRY } from '../../infra/images/catalogue.js';
import { imageSet, type HashSource } from '../../infra/images/hashes.js';
import { packagePath } from '../../infra/paths.js';

const folder = packagePath('fleet-services');
const units = (await readdir(folder)).filter((name) => name.endsWith('.service'));

describe('the unit files that ship', () => {
  it('run images of the cluster\'s own registry alone, which has a name that nobody else can serve', async () => {
    const texts = await Promise.all(units.map((unit) => readFile(join(folder, unit), 'utf8')));
    const commands = texts.flatMap((text) => [...text.replace(/\\\n/g, ' ').matchAll(/docker (?:run|pull|create) .*$/gm)].map(([command]) => command.trim()));
    expect(commands.map((command) => command.split(/\s+/).at(-1)).sort()).toEqual((['db', 'dbhelper', 'web'] as const).map(machinesReference));
    expect(MACHINES_REGISTRY).toMatch(/\.internal:5000$/);
  });
});

describe('the set of images that machines share', () => {
  const source = (changed?: string): HashSource => ({
    recipe: (name) => ({ name, kind: 'dockerfile', parents: name === 'web' ? ['base'] : [] }),
    read: async (name) => ({
      files: [{ path: 'Dockerfile', content: Buffer.from(name === changed ? 'new' : 'old'), executable: false }], generatorFiles: [], generate: async () => [],
    }),
  });
  const set = (changed?: string, names: readonly ImageName[] = ['db', 'web']) => imageSet(names, source(changed));

  it('has one name, in whatever order its images are named', async () => {
    expect(await set()).toMatch(/^[0-9a-f]{12}$/);
    expect(await set(undefined, ['web', 'db'])).toBe(await set());
  });

  it.each(['web', 'db', 'base', 'machine'])('has another name when %s has changed', async (changed) => {
    expect(await set(changed)).not.toBe(await set());
  });

  it('has another name with other images', async () => {
    const all = await Promise.all(IMAGE_NAMES.map((name) => set(undefined, [name])));
    expect(new Set(all).size).toBe(IMAGE_NAMES.length);
    expect(await set('dbhelper')).toBe(await set());
  });
});
