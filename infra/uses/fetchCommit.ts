/** A commit of a remote repository as a folder in the cache. What is there is whole: it gets its name when all of it is written. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgressListener } from '../progressListener.js';
import { git, remoteError, remoteFault, tryGit } from './git.js';
import { noSuchRef } from './remoteRefs.js';

export interface CommitToFetch {
  /** As a person names it: `actions/checkout`. */
  readonly what: string;
  readonly url: string;
  readonly commit: string;
  /** As `uses:` has it, for messages. */
  readonly ref: string;
  /** The repository's folder in the cache. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** The folder of a commit that was fetched before. */
export function fetchedCommit(folder: string, commit: string): string | undefined {
  const path = join(folder, commit.toLowerCase());
  return existsSync(path) ? path : undefined;
}

/**
 * Fetches the one commit, without its history, and writes its files out. Called with the repository's lock held.
 * @returns the folder @throws PermanentError when repository or commit is not there; TransientError
 */
export async function fetchCommit(wanted: CommitToFetch): Promise<string> {
  const { folder, commit, signal } = wanted;
  const there = fetchedCommit(folder, commit);
  if (there) return there;
  const mirror = join(folder, 'mirror.git');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) if (name.startsWith('draft-')) rmSync(join(folder, name), { recursive: true, force: true });
  if (!existsSync(join(mirror, 'HEAD'))) await git(['init', '--quiet', '--bare', '--template=', '--', mirror], { signal });
  if (!await has(mirror, commit, signal)) {
    wanted.onProgress?.(`fetching ${wanted.what}@${wanted.ref} (${commit.slice(0, 12)})`);
    await fetch(mirror, wanted);
  }
  return writeOut(mirror, wanted);
}

async function fetch(mirror: string, wanted: CommitToFetch): Promise<void> {
  const { what, url, commit, ref, signal } = wanted;
  const base = [`--git-dir=${mirror}`, 'fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
  const one = await tryGit([...base, '--depth=1', '--', url, `+${commit}:refs/commits/${commit}`], { signal });
  if (one.exitCode === 0) return;
  const fault = remoteFault(one.stderr);
  if (fault !== 'no such ref') throw remoteError(what, url, one.stderr);
  // Some servers give only what a branch or tag points to.
  const all = await tryGit([...base, '--', url, '+refs/heads/*:refs/remotes/*', '+refs/tags/*:refs/tags/*'], { signal });
  if (all.exitCode !== 0) throw remoteError(what, url, all.stderr);
  if (!await has(mirror, commit, signal)) throw noSuchRef(what, url, ref);
}

async function has(mirror: string, commit: string, signal: AbortSignal | undefined): Promise<boolean> {
  return (await tryGit([`--git-dir=${mirror}`, 'cat-file', '-e', `${commit}^{commit}`], { signal })).exitCode === 0;
}

async function writeOut(mirror: string, { folder, commit, signal }: CommitToFetch): Promise<string> {
  const draft = join(folder, `draft-${randomUUID()}`);
  const [tree, index] = [join(draft, 'tree'), join(draft, 'index')];
  mkdirSync(tree, { recursive: true, mode: 0o700 });
  try {
    const options = { signal, environment: { GIT_INDEX_FILE: index } };
    const at = [`--git-dir=${mirror}`, `--work-tree=${tree}`, '-c', 'core.autocrlf=false', '-c', 'core.symlinks=true'];
    await git([...at, 'read-tree', commit], options);
    await git([...at, 'checkout-index', '--all', '--force', '--quiet'], options);
    const path = join(folder, commit.toLowerCase());
    renameSync(tree, path);
    return path;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
