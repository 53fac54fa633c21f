import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { workflowReader } from '../../infra/workflowFiles.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fleetwright-workflows-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

describe('a called workflow', () => {
  it('of the same repository is read from its root, found above .github', async () => {
    put('r/.github/workflows/a.yml', 'a');
    put('r/.github/workflows/b.yml', 'b');
    const read = workflowReader({ file: join(root, 'r/.github/workflows/a.yml') });
    expect(await read('./.github/workflows/b.yml')).toEqual({ text: 'b', file: join(root, 'r/.github/workflows/b.yml') });
    expect(await read('./.github/workflows/none.yml')).toEqual({ problem: expect.stringContaining('there is no such file') });
  });

  it('is not read through a link that leaves the repository', async () => {
    put('r/x', '');
    put('secret.yml', 'top');
    symlinkSync(join(root, 'secret.yml'), join(root, 'r/link.yml'));
    const read = workflowReader({ file: join(root, 'r/x'), repository: join(root, 'r') });
    expect(await read('./link.yml')).toEqual({ problem: 'it leaves the repository' });
    expect(await read('./../secret.yml')).toEqual({ problem: 'it leaves the repository' });
  });

  it('of another repository comes by git, at its version', async () => {
    const repo = join(root, 'remotes/owner/repo');
    put('remotes/owner/repo/.github/workflows/b.yml', 'one');
    const git = (...args: string[]) => execFileSync('git', ['-C', repo, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { stdio: 'ignore' });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'one');
    git('tag', 'v1');
    put('remotes/owner/repo/.github/workflows/b.yml', 'two');
    git('commit', '-qam', 'two');
    const settings = { url: 'file:///nowhere', folder: join(root, 'remotes'), cache: join(root, 'cache') };
    const read = workflowReader({ file: join(root, 'x.yml'), settings });
    expect(await read('owner/repo/.github/workflows/b.yml@v1')).toEqual({ text: 'one', file: 'owner/repo/.github/workflows/b.yml@v1' });
    expect(await read('owner/repo/.github/workflows/b.yml@v9')).toEqual({ problem: expect.stringContaining('has no branch or tag "v9"') });
  });

  it('of a repository that cannot be reached may be there', async () => {
    const settings = { url: 'http://127.0.0.1:9', cache: join(root, 'cache') };
    const read = workflowReader({ file: join(root, 'x.yml'), settings });
    expect(await read('owner/repo/.github/workflows/b.yml@v1')).toEqual({ problem: expect.stringContaining('could not be reached'), unreachable: true });
  });
});
