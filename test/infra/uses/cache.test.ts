import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { cacheDir } from '../../../infra/paths.js';
import { builtInAction } from '../../../infra/uses/builtIn.js';
import { useWorld, writeFiles } from './repositories.js';
import { contents, inputOf, type Step, use, workspaceOf } from './storage.js';

const world = useWorld();
const save = (inputs: Record<string, string>, step: Step = {}) => use('actions/cache/save@v4', inputs, step);
const restore = (inputs: Record<string, string>, step: Step = {}) => use('actions/cache/restore@v4', inputs, { run: 'ci#2', ...step });
const there = () => contents(workspaceOf('build', 'ci#2'));
const store = () => join(cacheDir('caches'), 'me%2Fapp');

describe('a cache', () => {
  it('comes back in another run, with its links and modes', async () => {
    writeFiles(workspaceOf(), { 'node_modules/a/index.js': 'a', 'node_modules/.bin/a': { to: '../a/index.js' }, 'node_modules/.bin/node': { to: '/usr/bin/node' }, other: 'x' });
    await save({ path: 'node_modules', key: 'npm-1' });
    const { outputs } = await restore({ path: 'node_modules', key: 'npm-1' });
    expect(outputs).toEqual({ 'cache-hit': 'true', 'cache-primary-key': 'npm-1', 'cache-matched-key': 'npm-1' });
    expect(there()['node_modules/a/index.js']).toBe('a');
    expect(there()['other']).toBeUndefined();
    const bin = join(workspaceOf('build', 'ci#2'), 'node_modules/.bin');
    expect([readlinkSync(join(bin, 'a')), readlinkSync(join(bin, 'node'))]).toEqual(['../a/index.js', '/usr/bin/node']);
  });

  it('may be of several paths, with wildcards, in the home folder and anywhere', async () => {
    const home = join(world.folder, 'home');
    mkdirSync(home);
    vi.stubEnv('HOME', home);
    const elsewhere = join(world.folder, 'elsewhere');
    writeFiles(home, { '.npm/x': 'home', '.other': 'no' });
    writeFiles(elsewhere, { y: 'else' });
    writeFiles(workspaceOf(), { 'a/out/1': '1', 'b/out/2': '2', 'b/src/3': '3', 'file.txt': 'f' });
    const path = `~/.npm\n*/out\nfile.txt\n${elsewhere}\n!b/out`;
    await save({ path, key: 'k' });
    for (const folder of [home, elsewhere]) rmSync(folder, { recursive: true });
    mkdirSync(home);
    await restore({ path, key: 'k' });
    expect(there()).toEqual({ 'a/out/1': '1', 'file.txt': 'f' });
    expect([contents(home), contents(elsewhere)]).toEqual([{ '.npm/x': 'home' }, { y: 'else' }]);
  });

  it('is found by its key, by what its key begins with, and by the other keys in their order; the newest first', async () => {
    writeFiles(workspaceOf(), { a: 'a' });
    vi.useFakeTimers({ toFake: ['Date'] });
    for (const key of ['npm-linux-1', 'npm-linux-2', 'npm-mac-1']) {
      vi.setSystemTime(Date.now() + 1000);
      await save({ path: 'a', key });
    }
    vi.useRealTimers();
    const find = async (key: string, ...others: string[]) => {
      const { outputs } = await restore({ path: 'a', key, 'restore-keys': others.join('\n'), 'lookup-only': 'true' });
      return [outputs['cache-hit'], outputs['cache-matched-key']];
    };
    expect(await find('npm-linux-1')).toEqual(['true', 'npm-linux-1']);
    expect(await find('npm-linux-3', 'npm-linux-', 'npm-')).toEqual(['false', 'npm-linux-2']);
    expect(await find('npm-linux-3', 'npm-')).toEqual(['false', 'npm-mac-1']);
    expect(await find('npm-linux')).toEqual(['false', 'npm-linux-2']);
    expect(await find('none', 'nothing-')).toEqual(['', '']);
    expect(there()).toEqual({});
  });

  it('of other paths or another repository is another one', async () => {
    writeFiles(workspaceOf(), { a: 'a', b: 'b' });
    await save({ path: 'a', key: 'k' });
    expect((await restore({ path: 'b', key: 'k' })).outputs['cache-hit']).toBe('');
    const other = { ...inputOf('actions/cache/restore@v4', { path: 'a', key: 'k' }), github: { repository: 'you/app' } };
    expect((await builtInAction('actions/cache/restore@v4')!.main(other)).outputs['cache-hit']).toBe('');
  });

  it('fails the step where it is missing only when that is asked for', async () => {
    await expect(restore({ path: 'a', key: 'k', 'fail-on-cache-miss': 'true' })).rejects.toThrow('there is no cache for k');
  });

  it('is saved at the end of a job whose key had none, and not where it had', async () => {
    const action = builtInAction('actions/cache@v4')!;
    expect(action.action.runs).toMatchObject({ postIf: 'success()' });
    const input = inputOf('actions/cache@v4', { path: 'dir', key: 'k-1', 'restore-keys': 'k-' });
    const first = await action.main(input);
    expect(first).toEqual({ outputs: { 'cache-hit': '', 'cache-primary-key': 'k-1', 'cache-matched-key': '' }, state: { key: 'k-1' } });
    writeFiles(workspaceOf(), { 'dir/a': 'a' });
    await action.post!({ ...input, state: first.state! });
    const second = await action.main(inputOf('actions/cache@v4', { path: 'dir', key: 'k-1' }, { run: 'ci#2' }));
    expect(second.outputs['cache-hit']).toBe('true');
    expect(second.state).toBeUndefined();
    const partial = await action.main(inputOf('actions/cache@v4', { path: 'dir', key: 'k-2', 'restore-keys': 'k-' }, { run: 'ci#3' }));
    expect([partial.outputs['cache-hit'], partial.state]).toEqual(['false', { key: 'k-2' }]);
  });

  it('is never changed: the first one stays', async () => {
    const lines: string[] = [];
    writeFiles(workspaceOf(), { a: 'one' });
    await save({ path: 'a', key: 'k' });
    writeFiles(workspaceOf(), { a: 'two' });
    await save({ path: 'a', key: 'k' }, { log: (line) => lines.push(line) });
    expect(lines).toEqual(['the cache k is there already, and stays as it is']);
    await restore({ path: 'a', key: 'k' });
    expect(there()).toEqual({ a: 'one' });
    expect(await Promise.all(Array.from({ length: 4 }, () => save({ path: 'a', key: 'many' })))).toHaveLength(4);
    expect(readdirSync(store()).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('that cannot be saved is a warning, and nothing of it stays', async () => {
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    await save({ path: 'none', key: 'k' }, { log });
    writeFiles(workspaceOf(), { a: 'one' });
    mkdirSync(cacheDir('caches'), { recursive: true });
    writeFiles(cacheDir('caches'), { 'me%2Fapp': 'a file' });
    await save({ path: 'a', key: 'k' }, { log });
    expect(lines).toEqual(['warning: nothing is there of none: no cache is saved', expect.stringContaining('warning: the cache k was not saved')]);
  });

  it('goes when its repository has too many, the one used longest ago first', async () => {
    writeFiles(workspaceOf(), { a: 'a' });
    for (const key of ['old', 'used', 'new']) {
      await save({ path: 'a', key });
      const folder = join(store(), readdirSync(store()).find((name) => name.startsWith(`${key}-`))!);
      const about = join(folder, 'cache.json');
      writeFiles(folder, { 'cache.json': JSON.stringify({ ...JSON.parse(contents(folder)['cache.json']!), size: 4 * 1024 ** 3 }) });
      utimesSync(folder, key === 'old' ? 1000 : 2000, key === 'old' ? 1000 : 2000);
      expect(existsSync(about)).toBe(true);
    }
    await save({ path: 'a', key: 'last' });
    expect(readdirSync(store()).map((name) => name.split('-')[0]).sort()).toEqual(['last', 'new', 'used']);
  });

  it.each([
    [{ path: 'a', key: '' }, 'the input "key" is missing'],
    [{ path: '', key: 'k' }, 'the input "path" is missing'],
    [{ path: '../a', key: 'k' }, 'has a "." or ".." in it'],
    [{ path: 'a', key: 'a,b' }, 'is no key'],
    [{ path: 'a', key: 'k'.repeat(513) }, 'is no key'],
    [{ path: 'a', key: 'k', 'restore-keys': 'x\n'.repeat(10) }, '11 keys were given'],
  ])('is refused clearly: %o', async (inputs, text) => {
    await expect(restore(inputs)).rejects.toThrow(text);
  });

  it('whose bytes have changed is not taken for a whole one', async () => {
    writeFiles(workspaceOf(), { a: 'a'.repeat(1000) });
    await save({ path: 'a', key: 'k' });
    const archive = join(store(), readdirSync(store())[0]!, 'files.tar');
    const bytes = readFileSync(archive);
    bytes[600] = 0x62;
    writeFileSync(archive, bytes);
    await expect(restore({ path: 'a', key: 'k' })).rejects.toThrow('is damaged');
  });

  it('brings nothing but what its paths name', async () => {
    writeFiles(workspaceOf(), { a: 'a', b: 'b' });
    await save({ path: 'a', key: 'for-a' });
    await save({ path: 'a\nb', key: 'for-both' });
    const about = (key: string) => join(store(), readdirSync(store()).find((name) => name.startsWith(key))!, 'cache.json');
    const { version } = JSON.parse(readFileSync(about('for-a'), 'utf8')) as { version: string };
    writeFileSync(about('for-both'), JSON.stringify({ ...JSON.parse(readFileSync(about('for-both'), 'utf8')), version }));
    await expect(restore({ path: 'a', key: 'for-both' })).rejects.toThrow('the cache holds "workspace/b", which is none of its paths');
    expect(there()).toEqual({ a: 'a' });
  });

  it('is not written through a link that leads out of the workspace', async () => {
    writeFiles(workspaceOf(), { 'dir/a': 'new' });
    await save({ path: 'dir', key: 'k' });
    writeFiles(join(world.folder, 'outside'), { a: 'untouched' });
    writeFiles(workspaceOf('build', 'ci#2'), { dir: { to: join(world.folder, 'outside') } });
    await expect(restore({ path: 'dir', key: 'k' })).rejects.toThrow('goes through the symbolic link');
    expect(contents(join(world.folder, 'outside'))).toEqual({ a: 'untouched' });
  });
});
