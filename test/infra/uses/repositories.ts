/** Git repositories of a test's own, which stand for those of GitHub by git's own rewriting of URLs. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';

/** A text; a link by `{ to }`. */
export type Content = string | { readonly to: string } | { readonly script: string };

export interface World {
  readonly folder: string;
  /** Runs git in a repository (`owner/repo`). */
  git(repository: string, ...args: string[]): string;
  /** Commits files to a repository, which is made when it is not there. @returns the commit */
  commit(repository: string, files: Readonly<Record<string, Content>>): string;
  /** Where GitHub is from now on. */
  rewrite(to: string): void;
}

/** A folder, a cache and a state folder for each test; github.com is `folder/remote`. */
export function useWorld(): World {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fleetwright-uses-'));
    for (const name of ['XDG_CACHE_HOME', 'XDG_STATE_HOME']) vi.stubEnv(name, join(folder, name));
    vi.stubEnv('GIT_CONFIG_GLOBAL', join(folder, 'gitconfig'));
    vi.stubEnv('GIT_CONFIG_NOSYSTEM', '1');
    world.rewrite(`file://${folder}/remote/`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  const world: World = {
    get folder() {
      return folder;
    },
    git: (repository, ...args) => run(join(folder, 'remote', repository), args),
    commit: (repository, files) => {
      const at = join(folder, 'remote', repository);
      mkdirSync(at, { recursive: true });
      run(at, ['init', '--quiet', '--initial-branch=main']);
      writeFiles(at, files);
      run(at, ['add', '--all', '--force']);
      run(at, ['commit', '--quiet', '--allow-empty', '--message=change']);
      return run(at, ['rev-parse', 'HEAD']);
    },
    rewrite: (to) => writeFileSync(join(folder, 'gitconfig'), `[user]\nname = T\nemail = t@example.org\n[url "${to}"]\ninsteadOf = https://github.com/\n`),
  };
  return world;
}

export function writeFiles(folder: string, files: Readonly<Record<string, Content>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === 'string') writeFileSync(path, content);
    else if ('to' in content) symlinkSync(content.to, path);
    else writeFileSync(path, content.script);
    if (typeof content === 'object' && 'script' in content) chmodSync(path, 0o755);
  }
}

function run(cwd: string, args: readonly string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
