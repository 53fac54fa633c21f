/** The person's own working tree in the job's workspace: the commit by git, and over it what is not committed yet. */
import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { posix } from 'node:path';
import { stateDir } from '../../paths.js';
import type { BuiltInInput } from '../builtInAction.js';
import { git, type GitOptions, tryGit } from '../git.js';
import { copyPaths, copyTree } from './copy.js';
import { checkOutCommit, makeRepository } from './git.js';
import type { CheckoutOptions } from './options.js';
import { updateSubmodules } from './submodules.js';

interface Source {
  readonly top: string;
  /** '' before the first commit. */
  readonly commit: string;
  /** `refs/heads/main`; '' for a commit by itself. */
  readonly ref: string;
  readonly gitFolder: string;
  readonly index: string;
  readonly origin: string | undefined;
}

/** @returns what the tree is, also when it is the destination and stays as it is */
export async function checkOutTree(at: CheckoutOptions, input: BuiltInInput): Promise<{ readonly commit: string; readonly ref: string }> {
  const options: GitOptions = { signal: input.signal };
  const repository = realpathSync(input.repository!);
  const source = await look(repository, options);
  if (existsSync(at.destination) && realpathSync(at.destination) === repository) return { commit: source?.commit ?? '', ref: source?.ref ?? '' };
  if (!source) {
    input.log(`copying ${repository}, which is no git repository`);
    await copyTree(repository, at.destination);
    return { commit: '', ref: '' };
  }
  const changed = await withIndex(source, input.run, (index) => overlay(source, at.destination, { ...options, environment: { GIT_INDEX_FILE: index } }));
  input.log(`copying the working tree of ${source.top} (${source.ref || 'no branch'}, ${source.commit.slice(0, 12) || 'no commit'}, ${changed.length} files not committed)`);
  await makeRepository(at.destination, source.origin, options);
  if (source.commit !== '') await copyCommit(at, source, options);
  await copyPaths(source.top, at.destination, changed, at.sparse.length > 0, input.signal);
  await updateSubmodules(at, source.gitFolder, options);
  return { commit: source.commit, ref: source.ref };
}

async function look(repository: string, options: GitOptions): Promise<Source | undefined> {
  const ask = async (...args: string[]) => {
    const { exitCode, stdout } = await tryGit(['-C', repository, ...args], options);
    return exitCode === 0 ? stdout.trim() : undefined;
  };
  const top = await ask('rev-parse', '--show-toplevel');
  if (top === undefined || top === '') return undefined;
  return {
    top,
    commit: await ask('rev-parse', '--verify', '--quiet', 'HEAD^{commit}') ?? '',
    ref: await ask('symbolic-ref', '--quiet', 'HEAD') ?? '',
    gitFolder: posix.resolve(repository, await ask('rev-parse', '--git-common-dir') ?? '.git'),
    index: posix.resolve(repository, await ask('rev-parse', '--git-path', 'index') ?? '.git/index'),
    origin: await ask('config', '--get', 'remote.origin.url') ?? top,
  };
}

/** With a copy of the index: git writes down in it what it learns of files, and the person may be at work in the same repository. */
async function withIndex<T>({ index }: Source, run: string, work: (copy: string) => Promise<T>): Promise<T> {
  const folder = stateDir('runs', encodeURIComponent(run));
  const copy = posix.join(folder, `index-${randomUUID()}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    if (existsSync(index)) copyFileSync(index, copy);
    return await work(copy);
  } finally {
    rmSync(copy, { force: true });
  }
}

/** Paths in the tree that are not as the commit has them; ignored files are not there. */
async function overlay({ top, commit }: Source, destination: string, options: GitOptions): Promise<readonly string[]> {
  const list = async (...args: string[]) => {
    const chunks: Buffer[] = [];
    await git(['-C', top, ...args], { ...options, onStdout: (chunk) => void chunks.push(chunk) });
    return Buffer.concat(chunks).toString('utf8').split('\0').filter(Boolean);
  };
  const others = await list('ls-files', '-z', '--others', '--exclude-standard', ...(commit === '' ? ['--cached'] : []));
  const changed = commit === '' ? [] : await list('diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', '--ignore-submodules=all', 'HEAD', '--');
  const inside = posix.relative(top, destination);
  return [...new Set([...changed, ...others])].filter((path) => path !== inside && path !== `${inside}/` && !path.startsWith(`${inside}/`));
}

async function copyCommit(at: CheckoutOptions, { top, commit, ref }: Source, options: GitOptions): Promise<void> {
  const { destination, depth, tags } = at;
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  const one = `+${commit}:refs/remotes/origin/${branch ?? 'fleetwright'}`;
  const all = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
  const specs = depth === 0 ? [...all, ...(branch === undefined ? [one] : [])] : [one, ...(tags ? [all[1]!] : [])];
  const base = ['-C', destination, 'fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--force'];
  await git([...base, ...(depth === 0 ? [] : [`--depth=${depth}`]), '--', top, ...specs], options);
  const lfs = at.lfs ? { ...options, environment: { GIT_LFS_SKIP_SMUDGE: '0' } } : options;
  await checkOutCommit(at, commit, ref, lfs);
}
