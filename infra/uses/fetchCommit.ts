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
 * Fetches the one commit, without its history, and writes its files out. Called with the repository's lock held. It has a git repository of its
 * own for that: what a killed fetch leaves (git's lock files, half a pack) is in nobody's way.
 * @returns the folder @throws PermanentError when repository or commit is not there; TransientError
 */
export async function fetchCommit(wanted: CommitToFetch): Promise<string> {
  const { folder, commit, signal } = wanted;
  const there = fetchedCommit(folder, commit);
  if (there) return there;
  wanted.onProgress?.(`fetching ${wanted.what}@${wanted.ref} (${commit.slice(0, 12)})`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) if (name.startsWith('draft-')) rmSync(join(folder, name), { recursive: true, force: true });
  const draft = join(folder, `draft-${randomUUID()}`);
  try {
    const repository = join(draft, 'repository');
    await git(['init', '--quiet', '--bare', '--template=', '--', repository], { signal });
    await fetch(repository, wanted);
    await writeOut(repository, join(draft, 'tree'), wanted);
    const path = join(folder, commit.toLowerCase());
    renameSync(join(draft, 'tree'), path);
    return path;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function fetch(repository: string, { what, url, commit, ref, signal }: CommitToFetch): Promise<void> {
  const base = [`--git-dir=${repository}`, 'fetch', '--quiet', '--no-tags', '--no-recurse-submodules'];
  const one = await tryGit([...base, '--depth=1', '--', url, commit], { signal });
  if (one.exitCode === 0) return;
  if (remoteFault(one.stderr) !== 'no such ref') throw remoteError(what, url, one.stderr);
  // Some servers give only what a branch or tag points to.
  const all = await tryGit([...base, '--', url, '+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'], { signal });
  if (all.exitCode !== 0) throw remoteError(what, url, all.stderr);
  const there = await tryGit([`--git-dir=${repository}`, 'cat-file', '-e', `${commit}^{commit}`], { signal });
  if (there.exitCode !== 0) throw noSuchRef(what, url, ref);
}

async function writeOut(repository: string, tree: string, { commit, signal }: CommitToFetch): Promise<void> {
  mkdirSync(tree, { mode: 0o700 });
  const at = [`--git-dir=${repository}`, `--work-tree=${tree}`, '-c', 'core.autocrlf=false', '-c', 'core.symlinks=true', '-c', 'core.bare=false'];
  await git([...at, 'read-tree', commit], { signal });
  await git([...at, 'checkout-index', '--all', '--force', '--quiet'], { signal });
}
