import { describe, expect, it } from 'vitest';
import { IMAGE_NAMES, imageNames, recipe } from '../../infra/images/catalogue.js';
import { contentHash } from '../../infra/images/contentHash.js';
import { readContext, type ContextFile } from '../../infra/images/context.js';
import { InvalidInputError } from '../../infra/errors.js';

const file = (path: string, content: string, executable = false): ContextFile => ({ path, content: Buffer.from(content), executable });
const hash = (files: ContextFile[], parents: string[] = [], generatorFiles: ContextFile[] = []): string =>
  contentHash(recipe('web'), { files, generatorFiles }, parents);

describe('an image\'s content hash', () => {
  it('does not depend on the order in which the files were read', () => {
    expect(hash([file('a', '1'), file('b', '2')])).toBe(hash([file('b', '2'), file('a', '1')]));
  });

  it('changes with a file\'s content, name and mode', () => {
    const hashes = [hash([file('a', '1')]), hash([file('a', '2')]), hash([file('b', '1')]), hash([file('a', '1', true)])];
    expect(new Set(hashes).size).toBe(4);
  });

  it('tells contexts apart whose texts are the same when put together', () => {
    expect(hash([file('a', 'b-1:c')])).not.toBe(hash([file('ab', '-1:c')]));
    expect(hash([file('a', 'x')])).not.toBe(hash([], [], [file('a', 'x')]));
  });

  it('changes with the parent\'s, so that an image follows its base', () => {
    expect(hash([file('a', '1')], ['one'])).not.toBe(hash([file('a', '1')], ['two']));
  });

  it('changes with the sources and the data of generated files', () => {
    expect(hash([], [], [file('world.ts', '1')])).not.toBe(hash([], [], [file('world.ts', '2')]));
  });
});

describe('a build context', () => {
  it('holds the files of the image\'s folder, with scripts executable', async () => {
    const { files } = await readContext('infra');
    expect(files.map(({ path }) => path)).toEqual(['Dockerfile', 'healthcheck', 'registry.yml', 'services']);
    expect(files.filter(({ executable }) => executable).map(({ path }) => path)).toEqual(['healthcheck', 'services']);
  });

  it('of dbhelper has the world database and no sources', async () => {
    const context = await readContext('dbhelper');
    const [world] = await context.generate();
    expect(context.files.map(({ path }) => path)).toEqual(['Dockerfile', 'fill-database']);
    expect(context.generatorFiles.map(({ path }) => path)).toContain('world.ts');
    expect(world?.path).toBe('world.sql');
  });

  it.each(IMAGE_NAMES)('of %s names its parents as the builder gives them', async (name) => {
    const { files } = await readContext(name);
    const dockerfile = files.find(({ path }) => path === 'Dockerfile')?.content.toString() ?? '';
    const wanted = [...dockerfile.matchAll(/^ARG PARENT_(\w+)/gm)].map(([, parent]) => parent?.toLowerCase()).sort();
    expect(wanted).toEqual([...recipe(name).parents].sort());
  });
});

it('refuses an unknown image\'s name and lists the known ones', () => {
  expect(() => imageNames(['web', 'wbe'])).toThrow(InvalidInputError);
  expect(() => imageNames(['wbe'])).toThrow(/"wbe".*\n.*machine, infra, db, dbhelper, web/);
});
