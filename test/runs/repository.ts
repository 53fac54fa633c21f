/** What a case's run is made of: a checkout with its workflow file, and repositories of actions that it uses. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunFlags } from '../../cli/flags.js';
import type { Case } from './cases.js';

/** The same for each run of the tests, so that a commit of the same files has the same name. */
const GIT = {
  ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_DATE: '2024-01-01T00:00:00Z', GIT_COMMITTER_DATE: '2024-01-01T00:00:00Z',
};

/** Makes the checkout of the case, with a commit on `main` and a remote. @returns the workflow file in it */
export function makeCheckout({ folder }: Case, to: string): string {
  const file = join(to, '.github', 'workflows', 'workflow.yml');
  mkdirSync(join(to, '.github', 'workflows'), { recursive: true });
  if (existsSync(join(folder, 'files'))) cpSync(join(folder, 'files'), to, { recursive: true, verbatimSymlinks: true });
  cpSync(join(folder, 'workflow.yml'), file);
  commit(to, 'first');
  git(to, 'remote', 'add', 'origin', 'https://github.com/octo/hello.git');
  return file;
}

/** Puts `remote/OWNER/REPO@REF` where the product looks for actions; `git/OWNER/REPO@REF` becomes a repository with a tag. */
export function makeRemotes({ folder }: Case, to: string): void {
  for (const { path, from } of repositories(join(folder, 'remote'))) cpSync(from, join(to, path), { recursive: true, errorOnExist: true, force: false });
  for (const { path, from } of repositories(join(folder, 'git'))) {
    const [name = '', ref = ''] = path.split('@');
    cpSync(from, join(to, name), { recursive: true, errorOnExist: true, force: false });
    commit(join(to, name), ref);
    git(join(to, name), 'tag', ref);
  }
}

/** The flags of `fleetwright run`, for the files beside the case's workflow and what its expectation says is given. */
export function flagsOf({ folder, expectation: { given = {} } }: Case): RunFlags {
  const path = (name: string): string | undefined => (existsSync(join(folder, name)) ? join(folder, name) : undefined);
  const [eventPath, inputs, secrets, vars] = ['event.json', 'inputs.json', 'secrets.env', 'vars.env'].map(path);
  const values = inputs === undefined ? {} : JSON.parse(readFileSync(inputs, 'utf8')) as Readonly<Record<string, unknown>>;
  return {
    input: Object.entries(values).map(([name, value]) => `${name}=${String(value)}`),
    ...(eventPath ? { eventPath } : {}), ...(secrets ? { secretFile: [secrets] } : {}), ...(vars ? { varFile: [vars] } : {}),
    ...given,
  };
}

function repositories(folder: string): readonly { readonly path: string; readonly from: string }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((owner) => readdirSync(join(folder, owner)).map((repo) => ({ path: join(owner, repo), from: join(folder, owner, repo) })));
}

function commit(folder: string, message: string): void {
  git(folder, 'init', '-q', '-b', 'main');
  git(folder, 'config', 'user.name', 'octocat');
  git(folder, 'config', 'user.email', 'octocat@example.com');
  git(folder, 'add', '-A', '-f');
  git(folder, 'commit', '-q', '--allow-empty', '-m', message);
}

function git(cwd: string, ...args: readonly string[]): void {
  execFileSync('git', args, { cwd, env: GIT });
}
