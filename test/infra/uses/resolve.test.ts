import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { InvalidInputError, PermanentError, TransientError } from '../../../infra/errors.js';
import { cacheDir } from '../../../infra/paths.js';
import { pinnedReference, resolveUses } from '../../../infra/uses/resolve.js';
import { useWorld, writeFiles } from './repositories.js';

const world = useWorld();
const NODE = 'name: N\nruns: {using: node20, main: index.js}\n';
const node = (text: string) => ({ 'action.yml': NODE, 'index.js': `console.log(${JSON.stringify(text)})` });
const workspace = () => join(world.folder, 'workspace');
const resolve = (uses: string, more: Partial<Parameters<typeof resolveUses>[0]> = {}) => resolveUses({ uses, workspace: workspace(), ...more });
const offline = () => world.rewrite('http://127.0.0.1:1/');
const script = (folder: string) => readFileSync(join(folder, 'index.js'), 'utf8');

describe('an action of a repository', () => {
  it('comes by a branch, a tag, an annotated tag and a whole hash', async () => {
    const first = world.commit('me/say', node('one'));
    world.git('me/say', 'tag', 'v1');
    world.git('me/say', 'tag', '--annotate', '--message=m', 'v1.0');
    const second = world.commit('me/say', node('two'));
    for (const ref of ['v1', 'v1.0', first, first.toUpperCase()]) {
      const found = await resolve(`me/say@${ref}`);
      expect(found).toMatchObject({ name: `me/say@${ref}`, commit: first, ref, repository: 'me/say', warnings: [] });
      expect(script(found.folder)).toContain('one');
    }
    const found = await resolve('me/say@main');
    expect(found.commit).toBe(second);
    expect(found.folder).toBe(cacheDir('actions', 'me', 'say', second));
    expect(script(found.folder)).toContain('two');
  });

  it('may lie in a folder, and a branch may have a slash', async () => {
    world.commit('me/many', { 'a/b/action.yaml': NODE, 'a/b/index.js': '', 'README.md': '' });
    world.git('me/many', 'branch', 'feature/x');
    const found = await resolve('me/many/a/b@feature/x');
    expect(found.folder).toMatch(/\/a\/b$/);
    expect(found.action.runs).toMatchObject({ using: 'node', main: 'index.js' });
  });

  it('is a Docker action where there is a Dockerfile alone', async () => {
    world.commit('me/box', { Dockerfile: 'FROM scratch\n' });
    expect((await resolve('me/box@main')).action.runs).toMatchObject({ using: 'docker', image: 'Dockerfile' });
  });

  it('follows its branch from one run to the next, silently', async () => {
    world.commit('me/say', node('one'));
    await resolve('me/say@main');
    const second = world.commit('me/say', node('two'));
    expect(await resolve('me/say@main')).toMatchObject({ commit: second, warnings: [] });
  });

  it('is said to have moved when its tag has', async () => {
    const first = world.commit('me/say', node('one'));
    world.git('me/say', 'tag', 'v1');
    await resolve('me/say@v1');
    const second = world.commit('me/say', node('two'));
    world.git('me/say', 'tag', '--force', 'v1');
    const found = await resolve('me/say@v1');
    expect(found.commit).toBe(second);
    expect(found.warnings).toEqual([expect.stringMatching(`the tag v1 of me/say has moved: it was ${first} since .* and is ${second} now`)]);
    expect((await resolve('me/say@v1')).warnings).toEqual([]);
  });

  it('is taken as it was when the network is gone, with a warning, and by its hash without one', async () => {
    const commit = world.commit('me/say', node('one'));
    await resolve('me/say@main');
    offline();
    expect(await resolve('me/say@main')).toMatchObject({ commit, warnings: [`me/say could not be reached: main is taken as it was, ${commit}`] });
    expect(await resolve(`me/say@${commit}`)).toMatchObject({ commit, warnings: [] });
  });

  it('cannot be had without a network when it was never fetched, which may pass', async () => {
    offline();
    await expect(resolve('me/say@main')).rejects.toThrow(TransientError);
    await expect(resolve('me/say@main')).rejects.toThrow('could not be reached');
  });

  it('is fetched once by many jobs at once', async () => {
    const commit = world.commit('me/say', node('one'));
    const told: string[] = [];
    const all = await Promise.all(Array.from({ length: 8 }, () => resolve('me/say@main', { onProgress: (line) => told.push(line) })));
    expect(new Set(all.map(({ folder }) => folder))).toEqual(new Set([cacheDir('actions', 'me', 'say', commit)]));
    expect(told.filter((line) => line.startsWith('fetching'))).toHaveLength(1);
  });

  it('is whole or not there: what a killed fetch left is written anew', async () => {
    const commit = world.commit('me/say', node('one'));
    const draft = cacheDir('actions', 'me', 'say', 'draft-of-a-dead-one');
    writeFiles(draft, { 'tree/action.yml': 'torn' });
    expect(script((await resolve(`me/say@${commit}`)).folder)).toContain('one');
    expect(existsSync(draft)).toBe(false);
    expect(readdirSync(cacheDir('actions', 'me', 'say'))).toEqual([commit]);
  });

  it('comes from another base, or from a folder', async () => {
    world.commit('forge/me/say', node('forge'));
    vi.stubEnv('FLEETWRIGHT_ACTIONS_URL', `file://${world.folder}/remote/forge/`);
    expect(script((await resolve('me/say@main')).folder)).toContain('forge');
    const folder = join(world.folder, 'actions');
    vi.stubEnv('FLEETWRIGHT_ACTIONS_FOLDER', folder);
    writeFiles(join(folder, 'me', 'plain'), node('plain'));
    writeFiles(join(folder, 'me', 'say@feature/x'), node('exact'));
    expect(script((await resolve('me/plain@any')).folder)).toContain('plain');
    expect(script((await resolve('me/say@feature/x')).folder)).toContain('exact');
    expect(script((await resolve('me/say@main')).folder)).toContain('forge');
    world.commit('../actions/me/clone', node('old'));
    world.git('../actions/me/clone', 'tag', 'v1');
    world.commit('../actions/me/clone', node('new'));
    expect(script((await resolve('me/clone@v1')).folder)).toContain('old');
  });

  it('is not turned to another repository by what a git hook left in the environment', async () => {
    world.commit('me/say', node('one'));
    vi.stubEnv('GIT_DIR', join(world.folder, 'elsewhere'));
    vi.stubEnv('GIT_INDEX_FILE', join(world.folder, 'index'));
    await expect(resolve('me/say@main')).resolves.toMatchObject({ repository: 'me/say' });
    expect(existsSync(join(world.folder, 'index'))).toBe(false);
  });

  it.each([
    ['me/none@main', PermanentError, 'the repository me/none was not found'],
    ['me/say@v9', PermanentError, 'me/say has no branch or tag "v9"'],
    ['me/say@1234567', PermanentError, 'write all 40 digits'],
    [`me/say@${'1'.repeat(40)}`, PermanentError, 'has no branch or tag'],
    ['me/say/sub@main', PermanentError, 'there is no action.yml, action.yaml or Dockerfile for me/say/sub@main in the folder sub of me/say@main'],
    ['me/bad@main', InvalidInputError, 'action.yml:2:7: "using" is missing'],
    ['me/say', InvalidInputError, 'it has no @REF'],
    ['me/say@', InvalidInputError, 'its REF is empty'],
    ['me/say@--upload-pack=touch x', InvalidInputError, 'its REF begins with "-"'],
    ['me/say@a..b', InvalidInputError, 'git has no branch or tag named'],
    ['me/say@a*', InvalidInputError, 'git has no branch or tag named'],
    ['-x/say@main', InvalidInputError, 'OWNER/REPO has letters'],
    ['me/say/../../other@main', InvalidInputError, 'its path leaves the repository'],
    ['say@main', InvalidInputError, 'OWNER/REPO has letters'],
    ['docker://-v', InvalidInputError, 'the name of its image is none'],
  ])('is refused clearly: %s', async (uses, type, text) => {
    world.commit('me/say', node('one'));
    world.commit('me/bad', { 'action.yml': 'name: B\nruns: {}\n' });
    const refused = await resolve(uses).then(() => undefined, (error: unknown) => error as Error);
    expect(refused).toBeInstanceOf(type);
    expect(refused?.message).toContain(text);
  });

  it('cannot leave its repository by a link or by what it runs', async () => {
    mkdirSync(world.folder, { recursive: true });
    writeFiles(join(world.folder, 'outside'), node('outside'));
    world.commit('me/link', { sub: { to: join(world.folder, 'outside') } });
    world.commit('me/main', { 'action.yml': 'name: N\nruns: {using: node20, main: ../../../outside/index.js}\n' });
    world.commit('me/file', { 'action.yml': NODE, 'index.js': { to: join(world.folder, 'outside', 'index.js') } });
    await expect(resolve('me/link/sub@main')).rejects.toThrow('leads out of');
    await expect(resolve('me/main@main')).rejects.toThrow('lies outside of its repository');
    await expect(resolve('me/file@main')).rejects.toThrow('leads out of');
  });

  it('in a folder of its repository may run what lies beside that folder', async () => {
    world.commit('me/cache', { 'save/action.yml': 'name: N\nruns: {using: node20, main: ../dist/save.js}\n', 'dist/save.js': '' });
    expect((await resolve('me/cache/save@main')).action.runs).toMatchObject({ main: '../dist/save.js' });
  });

  it('needs git, and says how to get it', async () => {
    vi.stubEnv('PATH', join(world.folder, 'empty'));
    mkdirSync(join(world.folder, 'empty'));
    symlinkSync('/usr/bin/env', join(world.folder, 'empty', 'env'));
    await expect(resolve('me/say@main')).rejects.toThrow('sudo apt-get install git');
  });

  it('stops when it is told to', async () => {
    world.commit('me/say', node('one'));
    await expect(resolve('me/say@main', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

describe('a pinned reference', () => {
  it('names the commit of now, and the ref that it was', async () => {
    const commit = world.commit('me/many', { 'a/action.yml': NODE });
    world.git('me/many', 'tag', 'v4');
    expect(await pinnedReference('me/many/a@v4')).toBe(`me/many/a@${commit} # v4`);
  });

  it('is not offered for what is pinned, local or an image', async () => {
    for (const uses of [`me/say@${'a'.repeat(40)}`, './say', 'docker://alpine']) expect(await pinnedReference(uses)).toBeUndefined();
  });
});

describe('a local action', () => {
  it('lies in the workspace, or else in the repository', async () => {
    writeFiles(join(world.folder, 'repository'), { 'say/action.yml': NODE, 'own/action.yml': NODE });
    writeFiles(workspace(), { 'say/action.yml': NODE });
    const repository = join(world.folder, 'repository');
    expect(await resolve('./say', { repository })).toMatchObject({ name: './say', folder: join(workspace(), 'say') });
    expect((await resolve('./own/', { repository })).folder).toBe(join(repository, 'own'));
    rmSync(workspace(), { recursive: true });
    expect((await resolve('./say', { repository })).folder).toBe(join(repository, 'say'));
  });

  it('may be the root', async () => {
    writeFiles(workspace(), { 'action.yml': NODE });
    expect((await resolve('./')).folder).toBe(workspace());
  });

  it('must be there', async () => {
    mkdirSync(workspace());
    await expect(resolve('./none')).rejects.toThrow('there is no action.yml, action.yaml or Dockerfile for ./none in');
  });

  it.each(['./..', './../outside', './link', './a/../../outside', './file'])('cannot leave the workspace: %s', async (uses) => {
    writeFiles(join(world.folder, 'outside'), { 'action.yml': NODE });
    writeFiles(workspace(), { link: { to: join(world.folder, 'outside') }, 'file/action.yml': { to: join(world.folder, 'outside', 'action.yml') } });
    writeFiles(world.folder, { 'action.yml': NODE });
    await expect(resolve(uses)).rejects.toThrow(InvalidInputError);
    await expect(resolve(uses)).rejects.toThrow('leads out of');
  });
});

describe('an action of the run\'s own repository', () => {
  const checkout = () => join(world.folder, 'checkout');

  it('comes from its checkout, and not from the workspace', async () => {
    writeFiles(workspace(), Object.fromEntries(Object.entries(node('workspace')).map(([name, text]) => [`a/${name}`, text])));
    writeFiles(checkout(), Object.fromEntries(Object.entries(node('checkout')).map(([name, text]) => [`a/${name}`, text])));
    const own = { repository: 'me/mine', ref: 'abc' };
    const found = await resolve('$//./a/', { repository: checkout(), own });
    expect(found).toMatchObject({ name: '$//./a/', ...own });
    expect(found).not.toHaveProperty('commit');
    expect(script(found.folder)).toContain('checkout');
    expect(script((await resolve('$/a')).folder)).toContain('workspace');
  });

  it('is not there, or is none, with an error that says so', async () => {
    writeFiles(checkout(), { 'README.md': '' });
    await expect(resolve('$/a', { repository: checkout() })).rejects.toThrow(PermanentError);
    await expect(resolve('$/a@v1', { repository: checkout() })).rejects.toThrow('it takes no @REF');
    await expect(resolve('$/', { repository: checkout() })).rejects.toThrow('it names no folder');
    await expect(resolve('$/../x', { repository: checkout() })).rejects.toThrow('it leaves the repository');
  });

  it('does not lead out of it', async () => {
    writeFiles(join(world.folder, 'other'), node('other'));
    writeFiles(checkout(), { 'README.md': '' });
    symlinkSync(join(world.folder, 'other'), join(checkout(), 'link'));
    await expect(resolve('$/link', { repository: checkout() })).rejects.toThrow(InvalidInputError);
  });
});
