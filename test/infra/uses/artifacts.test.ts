import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PermanentError } from '../../../infra/errors.js';
import { stateDir } from '../../../infra/paths.js';
import { builtInAction } from '../../../infra/uses/builtIn.js';
import type { Files } from '../../../infra/uses/files.js';
import { useWorld, writeFiles } from './repositories.js';
import { contents, inputOf, type Step, use, workspaceOf } from './storage.js';

const world = useWorld();
const upload = (inputs: Record<string, string>, step: Step = {}) => use('actions/upload-artifact@v4', inputs, step);
const download = (inputs: Record<string, string>, step: Step = {}) => use('actions/download-artifact@v4', inputs, { job: 'test', ...step });
const got = (path = '') => contents(join(workspaceOf('test'), path));

describe('an artifact', () => {
  it('has the files of its patterns, from the folder that they have in common', async () => {
    writeFiles(workspaceOf(), { 'dist/a.js': 'a', 'dist/sub/b.js': 'b', 'dist/b.map': 'map', 'docs/c.md': 'c', '.hidden': 'h', 'dist/.env': 'secret', 'run.sh': { script: '#!/bin/sh' } });
    await upload({ name: 'one', path: 'dist/\n!**/*.map' });
    await upload({ name: 'two', path: 'dist/**/*.js\ndocs\n' });
    await upload({ name: 'three', path: 'run.sh' });
    await upload({ name: 'four', path: '.', 'include-hidden-files': 'true' });
    await upload({ name: 'five', path: `${workspaceOf()}/d*/*.md` });
    for (const name of ['one', 'two', 'three', 'four', 'five']) await download({ name, path: name });
    expect(got('one')).toEqual({ 'a.js': 'a', 'sub/b.js': 'b' });
    expect(got('two')).toEqual({ 'dist/a.js': 'a', 'dist/sub/b.js': 'b', 'docs/c.md': 'c' });
    expect(got('three')).toEqual({ 'run.sh': '#!/bin/sh' });
    expect(statSync(join(workspaceOf('test'), 'three/run.sh')).mode & 0o777).toBe(0o755);
    expect(Object.keys(got('four'))).toContain('dist/.env');
    expect(got('five')).toEqual({ 'docs/c.md': 'c' });
  });

  it('is one file under its own name with archive: false', async () => {
    writeFiles(workspaceOf(), { 'dist/sub/page.html': 'page', 'dist/b.js': 'b' });
    await upload({ name: 'passed-over', path: 'dist/**/*.html', archive: 'false' });
    await download({ name: 'page.html', path: 'one', 'skip-decompress': 'true' });
    await download({ path: 'all' });
    expect([got('one'), got('all')]).toEqual([{ 'page.html': 'page' }, { 'page.html/page.html': 'page' }]);
    await expect(upload({ path: 'dist', archive: 'false' })).rejects.toThrow("When 'archive' is set to false, only a single file can be uploaded. Found 2 files to upload.");
    await upload({ path: 'dist' });
    await expect(download({ name: 'artifact', 'skip-decompress': 'true' })).rejects.toThrow('the artifact artifact is no zip here');
  });

  it('is told by its id, digest and place', async () => {
    writeFiles(workspaceOf(), { a: 'a', b: 'b' });
    const { outputs } = await upload({ path: 'a' });
    const archive = fileURLToPath(outputs['artifact-url']!);
    expect(outputs['artifact-digest']).toBe(createHash('sha256').update(readFileSync(archive)).digest('hex'));
    expect(archive.startsWith(stateDir('runs', 'ci%231', 'artifacts', 'artifact'))).toBe(true);
    expect(statSync(archive).mode & 0o077).toBe(0);
    const second = await upload({ name: 'second', path: 'b' }, { step: 'build/2' });
    expect([outputs['artifact-id'], second.outputs['artifact-id']]).toEqual(['1', '2']);
    await download({ 'artifact-ids': '2' });
    expect(got()).toEqual({ b: 'b' });
  });

  it('holds what links point to', async () => {
    writeFiles(workspaceOf(), { 'real/a': 'a', 'out/link': { to: '../real/a' }, 'out/folder': { to: '../real' }, 'out/broken': { to: 'nowhere' } });
    await upload({ path: 'out' });
    await download({ name: 'artifact' });
    expect(got()).toEqual({ link: 'a', 'folder/a': 'a' });
  });

  it('goes into folders of their names when several come, or all into one', async () => {
    for (const [name, file] of [['web-linux', 'l'], ['web-mac', 'm'], ['docs', 'd']] as const) {
      writeFiles(workspaceOf(name), { [file]: name });
      await upload({ name, path: '*' }, { job: name });
    }
    await download({});
    expect(got()).toEqual({ 'docs/d': 'docs', 'web-linux/l': 'web-linux', 'web-mac/m': 'web-mac' });
    await download({ pattern: 'web-*', path: 'merged', 'merge-multiple': 'true' });
    expect(got('merged')).toEqual({ l: 'web-linux', m: 'web-mac' });
    const { outputs } = await download({ pattern: 'none-*', path: 'none' });
    expect(outputs['download-path']).toBe(join(workspaceOf('test'), 'none'));
    expect(existsSync(outputs['download-path']!)).toBe(false);
  });

  it('may be made of others, which may go then', async () => {
    for (const [name, file] of [['web-linux', 'same'], ['web-mac', 'same'], ['docs', 'd/.hidden']] as const) {
      writeFiles(workspaceOf(name), { [file]: name });
      await upload({ name, path: '.', 'include-hidden-files': 'true' }, { job: name });
    }
    const merge = (inputs: Record<string, string>, step: Step = {}) => use('actions/upload-artifact/merge@v4', inputs, { job: 'merge', ...step });
    await merge({ name: 'apart', pattern: 'web-*', 'separate-directories': 'true' });
    await merge({ name: 'hidden', pattern: 'docs', 'include-hidden-files': 'true' }, { step: 'merge/2' });
    await merge({ pattern: 'web-*', 'delete-merged': 'true' }, { step: 'merge/3' });
    // Tried again when its answer was lost.
    const { outputs } = await merge({ pattern: 'web-*', 'delete-merged': 'true' }, { step: 'merge/3' });
    expect(outputs['artifact-id']).toBe('6');
    await download({});
    expect(got()).toEqual({ 'apart/web-linux/same': 'web-linux', 'apart/web-mac/same': 'web-mac', 'docs/d/.hidden': 'docs', 'hidden/d/.hidden': 'docs', 'merged-artifacts/same': 'web-mac' });
    await expect(merge({ pattern: 'none-*' })).rejects.toThrow('No artifacts were found with the provided pattern: none-*.');
    expect((await merge({ pattern: 'none-*', 'if-no-files-found': 'warn' })).outputs).toEqual({});
    expect(readdirSync(join(workspaceOf('merge'), '../temp'))).toEqual([]);
  });

  it('may come from another run', async () => {
    writeFiles(workspaceOf('build', 'ci#0'), { a: 'old' });
    await upload({ path: 'a' }, { run: 'ci#0' });
    await download({ name: 'artifact', 'run-id': 'ci#0' });
    expect(got()).toEqual({ a: 'old' });
    for (const id of ['..', '../x', '.']) await expect(download({ name: 'artifact', 'run-id': id === '../x' ? '$x' : id })).rejects.toThrow('names no run');
    await expect(download({ name: 'artifact', repository: 'you/other' })).rejects.toThrow('another repository');
  });

  it('is made once under its name, unless it is overwritten or made again by its own step', async () => {
    writeFiles(workspaceOf(), { a: 'one' });
    await upload({ path: 'a' });
    await expect(upload({ path: 'a' }, { step: 'build/2' })).rejects.toThrow('an artifact named "artifact" already exists in this run: build/1 made it');
    writeFiles(workspaceOf(), { a: 'two' });
    await upload({ path: 'a' });
    await download({ name: 'artifact' });
    expect(got()).toEqual({ a: 'two' });
    writeFiles(workspaceOf(), { a: 'three' });
    await upload({ path: 'a', overwrite: 'true' }, { step: 'build/2' });
    await download({ name: 'artifact' });
    expect(got()).toEqual({ a: 'three' });
    expect(readdirSync(stateDir('runs', 'ci%231', 'artifacts'))).toEqual(['artifact']);
  });

  it('is made by one of many at once', async () => {
    writeFiles(workspaceOf(), { a: 'a' });
    const all = await Promise.allSettled(Array.from({ length: 5 }, (_, at) => upload({ path: 'a' }, { step: `build/${at}` })));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const names = await Promise.all(Array.from({ length: 5 }, (_, at) => upload({ name: `n${at}`, path: 'a' })));
    expect(new Set(names.map(({ outputs }) => outputs['artifact-id']))).toEqual(new Set(['2', '3', '4', '5', '6']));
  });

  it('without files is a warning, an error or nothing', async () => {
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    expect((await upload({ path: 'none' }, { log })).outputs).toEqual({});
    await upload({ path: 'none', 'if-no-files-found': 'ignore' }, { log });
    expect(lines).toEqual(['warning: No files were found with the provided path: none. No artifacts will be uploaded.', 'No files were found with the provided path: none. No artifacts will be uploaded.']);
    await expect(upload({ path: 'none', 'if-no-files-found': 'error' })).rejects.toThrow('No files were found with the provided path: none');
  });

  it.each([
    [{ name: 'a/b', path: 'a' }, 'is no name of an artifact'],
    [{ name: '..\\x', path: 'a' }, 'is no name of an artifact'],
    [{ path: '' }, 'the input "path" is missing'],
    [{ path: '../x' }, 'has a "." or ".." in it'],
    [{ path: 'a', 'compression-level': '10' }, 'the input "compression-level" is "10"'],
    [{ path: 'a:b' }, 'the path "a:b" cannot be in an artifact'],
  ])('is refused clearly: %o', async (inputs, text) => {
    writeFiles(workspaceOf(), { a: 'a', 'a:b': 'x' });
    await expect(upload(inputs)).rejects.toThrow(text);
  });

  it('that is not there is said, with those that are', async () => {
    writeFiles(workspaceOf(), { a: 'a' });
    await expect(download({ name: 'x' })).rejects.toThrow('ci#1 has no artifact named "x": it has none');
    await upload({ path: 'a' });
    await expect(download({ name: 'x' })).rejects.toThrow('it has artifact');
    await expect(download({ 'artifact-ids': '7' })).rejects.toThrow('with the id 7');
  });

  it('that is cut off or spoilt is not taken for a whole one', async () => {
    writeFiles(workspaceOf(), { a: 'a'.repeat(100_000) });
    const { outputs } = await upload({ path: 'a', 'compression-level': '0' });
    truncateSync(fileURLToPath(outputs['artifact-url']!), 60_000);
    await expect(download({ name: 'artifact' })).rejects.toThrow('is damaged');
  });

  it('is not there when its making was cut short', async () => {
    writeFiles(workspaceOf(), { a: 'a' });
    const stop = new AbortController();
    const input = inputOf('actions/upload-artifact@v4', { path: 'a' }, { signal: stop.signal });
    const pack: Files['pack'] = (...given) => {
      stop.abort(new Error('enough'));
      return input.files.pack(...given);
    };
    await expect(builtInAction('actions/upload-artifact@v4')!.main({ ...input, files: { ...input.files, pack } })).rejects.toThrow('enough');
    await expect(download({ name: 'artifact' })).rejects.toThrow('it has none');
    expect(readdirSync(stateDir('runs', 'ci%231', 'artifacts'))).toEqual([]);
  });

  it('says what the host refuses, as a fault that stays', async () => {
    writeFiles(workspaceOf(), { a: 'a' });
    writeFiles(stateDir('runs', 'ci%231'), { artifacts: 'a file' });
    const refused = await upload({ path: 'a' }).then(() => undefined, (error: unknown) => error);
    expect(refused).toBeInstanceOf(PermanentError);
    expect(String(refused)).toMatch(/actions\/upload-artifact: E/);
  });

  it('is not written through a link that leads out of where it goes', async () => {
    writeFiles(workspaceOf(), { 'sub/a': 'a' });
    writeFiles(join(world.folder, 'outside'), { a: 'untouched' });
    await upload({ path: '*' });
    writeFiles(workspaceOf('test'), { sub: { to: join(world.folder, 'outside') } });
    await expect(download({ name: 'artifact' })).rejects.toThrow('goes through the symbolic link');
    expect(contents(join(world.folder, 'outside'))).toEqual({ a: 'untouched' });
  });
});
