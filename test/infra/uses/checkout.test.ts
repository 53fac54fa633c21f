import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { parseRunId } from '../../../language/ids.js';
import { stateDir } from '../../../infra/paths.js';
import { builtInAction, type BuiltInInput } from '../../../infra/uses/builtIn.js';
import { localFiles } from '../../../infra/uses/localFiles.js';
import { useWorld, writeFiles } from './repositories.js';

const world = useWorld();
const run = parseRunId('ci#1');
const checkout = builtInAction('actions/checkout@v4')!;
const workspace = () => stateDir('runs', 'ci%231', 'jobs', 'build', 'workspace');
const own = () => join(world.folder, 'remote', 'me/app');
const defaults = () => Object.fromEntries(Object.entries(checkout.action.inputs).map(([name, { default: value }]) => [name, String(value ?? '')]));
const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' }).trim();

function input(inputs: Record<string, string> = {}, more: Partial<BuiltInInput> = {}): BuiltInInput {
  mkdirSync(workspace(), { recursive: true });
  return {
    inputs: { ...defaults(), repository: 'me/app', token: '', ...inputs }, run, step: 'build/1', files: localFiles(), workspace: workspace(), temp: join(workspace(), '../temp'),
    repository: own(), github: { repository: 'me/app', ref: 'refs/heads/main' }, log: () => undefined, mask: () => undefined, ...more,
  };
}
const run1 = (inputs: Record<string, string> = {}, more: Partial<BuiltInInput> = {}) => checkout.main(input(inputs, more));

describe('a checkout of the own repository', () => {
  it('is the working tree as it is, with what is not committed, and without what is ignored', async () => {
    world.commit('me/app', { '.gitignore': 'node_modules\n', 'kept.txt': 'kept', 'gone.txt': 'gone', 'changed.txt': 'old', 'run.sh': { script: '#!/bin/sh\n' }, link: { to: 'kept.txt' }, 'was-link': { to: 'dir' }, 'dir/x': 'x' });
    const commit = world.git('me/app', 'rev-parse', 'HEAD');
    rmSync(join(own(), 'gone.txt'));
    rmSync(join(own(), 'was-link'));
    writeFiles(own(), { 'changed.txt': 'new', 'staged.txt': 'staged', 'new/deep.txt': 'new', 'node_modules/x/index.js': 'ignored', 'was-link/y': 'y' });
    world.git('me/app', 'add', 'staged.txt');
    // git would write down that it is the same file with another time.
    utimesSync(join(own(), 'kept.txt'), 1000, 1000);
    const before = readFileSync(join(own(), '.git', 'index'));
    expect(await run1()).toEqual({ outputs: { ref: 'refs/heads/main', commit } });
    expect(readdirSync(workspace()).sort()).toEqual(['.git', '.gitignore', 'changed.txt', 'dir', 'kept.txt', 'link', 'new', 'run.sh', 'staged.txt', 'was-link']);
    expect(readFileSync(join(workspace(), 'changed.txt'), 'utf8')).toBe('new');
    expect(readFileSync(join(workspace(), 'new/deep.txt'), 'utf8')).toBe('new');
    expect(readdirSync(join(workspace(), 'dir'))).toEqual(['x']);
    expect(readlinkSync(join(workspace(), 'link'))).toBe('kept.txt');
    expect(statSync(join(workspace(), 'run.sh')).mode & 0o111).toBe(0o111);
    expect(git(workspace(), 'rev-parse', 'HEAD')).toBe(commit);
    expect(git(workspace(), 'branch', '--show-current')).toBe('main');
    expect(git(workspace(), 'rev-list', '--count', 'HEAD')).toBe('1');
    expect(git(workspace(), 'status', '--porcelain').split('\n').map((line) => line.trim())).toEqual(['M changed.txt', 'D gone.txt', 'D was-link', '?? new/', '?? staged.txt']);
    expect(readFileSync(join(workspace(), 'was-link/y'), 'utf8')).toBe('y');
    expect(readFileSync(join(own(), '.git', 'index'))).toEqual(before);
  });

  it('has as much of the history as it is asked for', async () => {
    world.commit('me/app', { a: '1' });
    world.git('me/app', 'tag', 'v1');
    world.commit('me/app', { a: '2' });
    world.commit('me/app', { a: '3' });
    for (const [depth, count, tags] of [['1', '1', ''], ['2', '2', ''], ['0', '3', 'v1']] as const) {
      await run1({ 'fetch-depth': depth });
      expect(git(workspace(), 'rev-list', '--count', 'HEAD')).toBe(count);
      expect(git(workspace(), 'tag')).toBe(tags);
    }
  });

  it('goes on working when the repository is gone: it shares nothing with it', async () => {
    world.commit('me/app', { a: '1' });
    await run1({ 'fetch-depth': '0' });
    rmSync(own(), { recursive: true });
    expect(git(workspace(), 'fsck', '--full')).toBe('');
    expect(git(workspace(), 'show', 'HEAD:a')).toBe('1');
  });

  it('works before the first commit, and where there is no git', async () => {
    world.commit('me/app', {});
    git(own(), 'update-ref', '-d', 'HEAD');
    writeFiles(own(), { a: 'one', 'sub/b': 'two' });
    expect((await run1()).outputs).toEqual({ ref: 'refs/heads/main', commit: '' });
    expect(readFileSync(join(workspace(), 'sub/b'), 'utf8')).toBe('two');
    rmSync(join(own(), '.git'), { recursive: true });
    vi.stubEnv('GIT_CEILING_DIRECTORIES', world.folder);
    expect((await run1()).outputs).toEqual({ ref: 'refs/heads/main', commit: '' });
    expect(readdirSync(workspace()).sort()).toEqual(['a', 'sub']);
  });

  it('leaves the workspace as it is where it is the repository', async () => {
    const commit = world.commit('me/app', { a: '1' });
    writeFiles(own(), { 'mine.txt': 'mine' });
    expect(await run1({}, { workspace: own() })).toEqual({ outputs: { ref: 'refs/heads/main', commit } });
    expect(readFileSync(join(own(), 'mine.txt'), 'utf8')).toBe('mine');
  });

  it('replaces what an earlier checkout left, or leaves it, as clean says', async () => {
    world.commit('me/app', { a: '1' });
    await run1();
    writeFiles(workspace(), { built: 'x', a: 'spoilt' });
    await run1({ clean: 'false' });
    expect(readFileSync(join(workspace(), 'built'), 'utf8')).toBe('x');
    expect(readFileSync(join(workspace(), 'a'), 'utf8')).toBe('1');
    await run1();
    expect(existsSync(join(workspace(), 'built'))).toBe(false);
  });

  it('never removes files that no run made', async () => {
    world.commit('me/app', { a: '1' });
    const home = join(world.folder, 'home');
    writeFiles(home, { 'precious.txt': 'mine' });
    await expect(run1({}, { workspace: home })).rejects.toThrow('which holds files that no run made');
    await expect(run1({ path: 'remote' }, { workspace: world.folder })).rejects.toThrow('which holds files that no run made');
    expect(existsSync(join(home, 'precious.txt'))).toBe(true);
    await run1({ clean: 'false' }, { workspace: home });
    await run1({}, { workspace: home });
    expect(existsSync(join(home, 'precious.txt'))).toBe(false);
  });

  it('may go into a folder of the workspace, and not out of it', async () => {
    world.commit('me/app', { a: '1' });
    await run1({ path: 'sub/app' });
    expect(readFileSync(join(workspace(), 'sub/app/a'), 'utf8')).toBe('1');
    for (const clean of ['true', 'true', 'false']) await run1({ path: 'inner', clean }, { workspace: own() });
    expect(readdirSync(join(own(), 'inner')).sort()).toEqual(['.git', 'a']);
    writeFiles(workspace(), { out: { to: world.folder } });
    for (const path of ['../x', '/etc', 'out/x', 'out']) await expect(run1({ path }), path).rejects.toThrow('leads out of the workspace');
  });

  it('may be a part of the tree', async () => {
    world.commit('me/app', { 'a/1': '1', 'b/2': '2', top: 't' });
    writeFiles(own(), { 'a/1': 'changed', 'b/2': 'changed' });
    await run1({ 'sparse-checkout': 'a\n' });
    expect(readdirSync(workspace()).sort()).toEqual(['.git', 'a', 'top']);
    expect(readFileSync(join(workspace(), 'a/1'), 'utf8')).toBe('changed');
    await run1({ 'sparse-checkout': '/b/\n', 'sparse-checkout-cone-mode': 'false' });
    expect(readdirSync(workspace()).sort()).toEqual(['.git', 'b']);
  });

  it('takes submodules from the own repository', async () => {
    world.commit('me/lib', { lib: 'lib' });
    world.commit('me/app', { a: '1' });
    world.git('me/app', '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', 'https://github.com/me/lib', 'lib');
    world.git('me/app', 'commit', '--quiet', '--message=lib');
    world.rewrite('http://127.0.0.1:1/');
    await run1();
    expect(readdirSync(join(workspace(), 'lib'))).toEqual([]);
    await run1({ submodules: 'true' });
    expect(readFileSync(join(workspace(), 'lib/lib'), 'utf8')).toBe('lib');
    expect(git(join(workspace(), 'lib'), 'config', 'remote.origin.url')).toBe('https://github.com/me/lib');
  });

  it('is the same again after it was cut short', async () => {
    world.commit('me/app', { a: '1' });
    await run1();
    rmSync(join(workspace(), '.git', 'HEAD'));
    await run1();
    expect(git(workspace(), 'status', '--porcelain')).toBe('');
  });
});

describe('a checkout of another repository or ref', () => {
  it('comes by git, on its branch', async () => {
    world.commit('me/other', { a: 'old' });
    world.git('me/other', 'tag', 'v1');
    const commit = world.commit('me/other', { a: 'new' });
    world.git('me/other', 'branch', 'feature/x');
    const { outputs } = await run1({ repository: 'me/other' });
    expect(outputs).toEqual({ ref: 'refs/heads/main', commit });
    expect(git(workspace(), 'branch', '--show-current')).toBe('main');
    expect(git(workspace(), 'rev-list', '--count', 'HEAD')).toBe('1');
    expect(git(workspace(), 'config', 'remote.origin.url')).toBe('https://github.com/me/other');
    for (const [ref, branch, text] of [['v1', '', 'old'], ['feature/x', 'feature/x', 'new'], ['refs/heads/main', 'main', 'new'], [commit, '', 'new']] as const) {
      expect((await run1({ repository: 'me/other', ref })).outputs['ref']).toBe(ref);
      expect(git(workspace(), 'branch', '--show-current')).toBe(branch);
      expect(readFileSync(join(workspace(), 'a'), 'utf8')).toBe(text);
    }
    await run1({ repository: 'me/other', 'fetch-depth': '0' });
    expect(git(workspace(), 'rev-list', '--count', 'HEAD')).toBe('2');
    expect(git(workspace(), 'tag')).toBe('v1');
  });

  it('is the person\'s own tree where the ref is that of the run', async () => {
    const commit = world.commit('me/app', { a: '1' });
    writeFiles(own(), { a: 'mine' });
    for (const ref of ['refs/heads/main', commit]) {
      await run1({ ref }, { github: { repository: 'Me/App', ref: 'refs/heads/main', sha: commit } });
      expect(readFileSync(join(workspace(), 'a'), 'utf8')).toBe('mine');
    }
    world.git('me/app', 'branch', 'clean');
    await run1({ ref: 'clean' });
    expect(readFileSync(join(workspace(), 'a'), 'utf8')).toBe('1');
  });

  it.each([
    [{ repository: 'me/none' }, 'the repository me/none was not found'],
    [{ repository: 'me/other', ref: 'none' }, 'has no branch or tag "none"'],
    [{ repository: 'me/other', ref: '--upload-pack=x' }, 'its REF begins with "-"'],
    [{ repository: '--x' }, 'is not OWNER/REPO'],
    [{ 'ssh-key': 'key' }, '"ssh-key" is known to GitHub, and Fleetwright does not do it yet'],
    [{ clean: 'yes' }, 'the input "clean" is "yes"'],
  ])('is refused clearly: %o', async (inputs, text) => {
    world.commit('me/other', { a: '1' });
    await expect(run1(inputs)).rejects.toThrow(text);
  });

  it('hands its token to git and to later steps without showing it, and takes it away at the end', async () => {
    world.commit('me/other', { a: '1' });
    const masked: string[] = [];
    const asked = input({ repository: 'me/other', token: 'tok-12345' }, { mask: (secret) => masked.push(secret) });
    const { state } = await checkout.main(asked);
    const basic = Buffer.from('x-access-token:tok-12345').toString('base64');
    expect(masked).toContain('tok-12345');
    expect(masked).toContain(basic);
    expect(git(workspace(), 'config', '--get-urlmatch', 'http.extraheader', 'https://github.com/me/other')).toContain(basic);
    expect(readFileSync(join(workspace(), '.git', 'config'), 'utf8')).not.toContain(basic);
    expect(readdirSync(stateDir('runs', 'ci%231'))).toEqual(['jobs']);
    await checkout.post!({ ...asked, state: state! });
    const found = spawnSync('grep', ['-r', '-l', '-e', basic, '-e', 'tok-12345', '.'], { cwd: workspace(), encoding: 'utf8' });
    expect([found.status, found.stdout]).toEqual([1, '']);
  });
});

describe('a checkout for another host', () => {
  it('is made here and carried there', async () => {
    const commit = world.commit('me/app', { 'sub/a': '1', link: { to: '/elsewhere' } });
    writeFiles(own(), { 'new.txt': 'new' });
    const there = join(world.folder, 'there');
    const { outputs } = await run1({}, { files: { ...localFiles(), here: false }, workspace: there });
    expect(outputs['commit']).toBe(commit);
    expect(git(there, 'status', '--porcelain')).toBe('?? new.txt');
    expect(lstatSync(join(there, 'link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(stateDir('runs', 'ci%231', 'checkouts'))).toEqual([]);
  });
});

