import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidInputError } from '../../../infra/errors.js';
import { gatherFacts } from '../../../infra/git/facts.js';
import { parseRemote } from '../../../infra/git/remote.js';

let root: string;
let file: string;
const git = (...args: string[]): string => execFileSync('git', ['-C', root, '-c', 'user.email=ada@example.org', '-c', 'user.name=Ada', ...args], { encoding: 'utf8' }).trim();

beforeEach(() => {
  vi.stubEnv('GIT_CONFIG_GLOBAL', '/dev/null');
  vi.stubEnv('GIT_CONFIG_NOSYSTEM', '1');
  root = realpathSync(mkdtempSync(join(tmpdir(), 'fleetwright git-')));
  mkdirSync(join(root, '.github', 'workflows'), { recursive: true });
  file = join(root, '.github', 'workflows', 'ci.yml');
  writeFileSync(file, 'on: push\n');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

function commit(): { first: string; second: string } {
  git('init', '-q', '-b', 'feature/x');
  git('config', 'user.name', 'ada');
  git('remote', 'add', 'upstream', 'https://example.org/no/no');
  git('remote', 'add', 'origin', 'https://ada:t0ken@github.com/octo/hello.git');
  git('add', '.');
  git('commit', '-q', '-m', 'One');
  const first = git('rev-parse', 'HEAD');
  git('commit', '-q', '--allow-empty', '-m', 'Two: ünïcode\n\nBody');
  return { first, second: git('rev-parse', 'HEAD') };
}

describe('the facts of a run in a checkout', () => {
  it('are those of its branch, commit and origin, without what stands for a password', async () => {
    const { first, second } = commit();
    const facts = await gatherFacts({ file, event: 'push' });
    expect(facts.github).toMatchObject({
      event_name: 'push', repository: 'octo/hello', repository_owner: 'octo', ref: 'refs/heads/feature/x', ref_name: 'feature/x', ref_type: 'branch', sha: second,
      head_ref: '', base_ref: '', actor: 'ada', triggering_actor: 'ada', server_url: 'https://github.com', api_url: 'https://api.github.com', graphql_url: 'https://api.github.com/graphql',
      workflow_ref: 'octo/hello/.github/workflows/ci.yml@refs/heads/feature/x', workflow_sha: second,
      event: {
        ref: 'refs/heads/feature/x', before: first, after: second, head_commit: { id: second, message: 'Two: ünïcode\n\nBody', author: { name: 'Ada', email: 'ada@example.org' } },
        repository: { full_name: 'octo/hello', owner: { login: 'octo' }, default_branch: 'main' }, sender: { login: 'ada' },
      },
    });
    expect(facts.repository).toBe(root);
    expect(Object.keys(facts)).not.toContain('workspace');
    expect(JSON.stringify(facts)).not.toContain('t0ken');
  });

  it('name the tag of a checkout without a branch, and nothing of its own where the commit has no name', async () => {
    const { first } = commit();
    git('tag', 'v1.2');
    git('checkout', '-q', '--detach');
    expect((await gatherFacts({ file, event: 'push' })).github).toMatchObject({ ref: 'refs/tags/v1.2', ref_name: 'v1.2', ref_type: 'tag' });
    git('checkout', '-q', first);
    expect((await gatherFacts({ file, event: 'push' })).github).toMatchObject({ sha: first, ref_type: 'branch' });
  });

  it('have the two branches of a pull request and its merge ref', async () => {
    const { second } = commit();
    expect((await gatherFacts({ file, event: 'pull_request' })).github).toMatchObject({
      ref: 'refs/pull/1/merge', ref_name: '1/merge', sha: second, head_ref: 'feature/x', base_ref: 'main',
      event: { action: 'opened', number: 1, pull_request: { title: 'Two: ünïcode', head: { ref: 'feature/x', sha: second }, base: { ref: 'main' } } },
    });
    expect((await gatherFacts({ file, event: 'pull_request_target' })).github).toMatchObject({ ref: 'refs/heads/main', base_ref: 'main' });
  });

  it('follow the event file, and fill in what it does not say', async () => {
    const { second } = commit();
    const eventPath = join(root, 'event.json');
    writeFileSync(eventPath, JSON.stringify({ number: 7, pull_request: { head: { ref: 'patch' }, base: { ref: 'release' } } }));
    expect((await gatherFacts({ file, event: 'pull_request', eventPath })).github).toMatchObject({
      ref: 'refs/pull/7/merge', head_ref: 'patch', base_ref: 'release', event: { number: 7, pull_request: { head: { ref: 'patch' } }, repository: { name: 'hello' } },
    });
    writeFileSync(eventPath, JSON.stringify({ ref: 'refs/tags/v9', after: 'a'.repeat(40) }));
    expect((await gatherFacts({ file, event: 'push', eventPath })).github).toMatchObject({ ref: 'refs/tags/v9', ref_name: 'v9', ref_type: 'tag', sha: 'a'.repeat(40) });
    writeFileSync(eventPath, JSON.stringify({ inputs: { a: 'file', b: 'file' } }));
    expect((await gatherFacts({ file, eventPath, inputs: { b: 2, c: true } })).github).toMatchObject({ sha: second, event: { inputs: { a: 'file', b: '2', c: 'true' } } });
  });

  it('hold what was given', async () => {
    const facts = await gatherFacts({ file, actor: 'grace', vars: { A: '1\n2' }, env: { B: 'x' }, runners: { 'Ubuntu-Latest': 'core01' }, workspace: root });
    expect(facts).toMatchObject({ github: { actor: 'grace', triggering_actor: 'grace' }, vars: { A: '1\n2' }, env: { B: 'x' }, runners: { 'ubuntu-latest': 'core01' }, workspace: root });
  });

  it('are whole before the first commit, and without a remote', async () => {
    git('init', '-q', '-b', 'main');
    expect((await gatherFacts({ file, event: 'push' })).github).toMatchObject({ ref: 'refs/heads/main', sha: '', repository_owner: 'local', event: { after: '0'.repeat(40), head_commit: null } });
  });
});

describe('the facts of a run without git', () => {
  it.each([['in a folder that is no checkout', undefined], ['where there is no git', '/nowhere']])('are plausible %s', async (_, path) => {
    if (path !== undefined) vi.stubEnv('PATH', path);
    const { github, repository } = await gatherFacts({ file });
    expect(github).toMatchObject({ event_name: 'workflow_dispatch', event: { inputs: {} }, ref: 'refs/heads/main', ref_name: 'main', sha: '', actor: userInfo().username, repository: 'local/workflows' });
    expect(repository).toBeUndefined();
  });

  it('have the repository and the person that the event file names', async () => {
    const eventPath = join(root, 'event.json');
    writeFileSync(eventPath, JSON.stringify({ sender: { login: 'mona' }, repository: { full_name: 'octo/hello' } }));
    expect((await gatherFacts({ file, event: 'push', eventPath })).github).toMatchObject({ actor: 'mona', triggering_actor: 'mona', repository: 'octo/hello', repository_owner: 'octo' });
    expect((await gatherFacts({ file, event: 'push', eventPath, actor: 'grace' })).github).toMatchObject({ actor: 'grace' });
  });

  it.each([
    ['a file that is not there', undefined, 'cannot be read (ENOENT)'],
    ['no JSON', '{', 'is no JSON'],
    ['a list', '[]', 'holds no JSON object'],
  ])('refuse an event file that is %s', async (_, text, message) => {
    const eventPath = join(root, 'event.json');
    if (text !== undefined) writeFileSync(eventPath, text);
    await expect(gatherFacts({ file, eventPath })).rejects.toThrow(message);
    await expect(gatherFacts({ file, eventPath })).rejects.toThrow(InvalidInputError);
  });

  it('refuse a name that no event has', async () => {
    await expect(gatherFacts({ file, event: 'Push it' })).rejects.toThrow('"Push it" is not the name of an event');
  });
});

describe('the address of a remote', () => {
  it.each([
    ['https://github.com/o/r.git', 'o/r', 'https://github.com'],
    ['https://u:p@ghe.example:8443/o/r/', 'o/r', 'https://ghe.example:8443'],
    ['http://127.0.0.1:3000/o/r', 'o/r', 'http://127.0.0.1:3000'],
    ['git@github.com:o/r.git', 'o/r', 'https://github.com'],
    ['ssh://git@ssh.github.com:443/o/r.git', 'o/r', 'https://github.com'],
    ['ssh://git@ghe.example:22/group/o/r', 'o/r', 'https://ghe.example'],
    ['work:o/r.git', 'o/r', 'https://github.com'],
    ['git://example.org/o/r', 'o/r', 'https://example.org'],
    ['/srv/git/o/r.git', 'o/r', 'https://github.com'],
    ['file:///srv/git/o/r.git', 'o/r', 'https://github.com'],
  ])('%s is %s at %s', (url, repository, server) => {
    const remote = parseRemote(url);
    expect([`${remote?.owner}/${remote?.name}`, remote?.server]).toEqual([repository, server]);
  });

  it.each(['https://github.com/only', '../r.git', ''])('that is too short has no repository: %j', (url) => {
    expect(parseRemote(url)).toBeUndefined();
  });
});
