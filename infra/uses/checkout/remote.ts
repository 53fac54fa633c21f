/** A ref of a repository at its URL, in the job's workspace. */
import { PermanentError } from '../../errors.js';
import type { BuiltInInput } from '../builtInAction.js';
import { git, type GitOptions, remoteError, remoteFault, tryGit } from '../git.js';
import { checkRef, isCommit } from '../reference.js';
import { lookUpRef, noSuchRef } from '../remoteRefs.js';
import { persistCredentials } from './credentials.js';
import { checkOutCommit, makeRepository } from './git.js';
import type { CheckoutOptions } from './options.js';
import { updateSubmodules } from './submodules.js';

interface Target {
  readonly commit: string;
  /** `refs/heads/main`; '' for a commit by itself. */
  readonly ref: string;
}

/** @param config a git configuration file with the token */
export async function checkOutRemote(at: CheckoutOptions, input: BuiltInInput, config: string | undefined): Promise<Target> {
  if (at.repository === '') throw new PermanentError('actions/checkout: nobody says which repository', 'Run in a git checkout, or give the input "repository".');
  if (at.ref !== '') checkRef(at.ref, `actions/checkout, ref: ${at.ref}`);
  const options: GitOptions = { signal: input.signal, config };
  const target = await find(at, options);
  input.log(`fetching ${at.repository}@${at.ref || target.ref} (${target.commit.slice(0, 12)})`);
  await makeRepository(at.destination, at.url, options);
  await fetch(at, target, options);
  const lfs = at.lfs ? { ...options, environment: { GIT_LFS_SKIP_SMUDGE: '0' } } : options;
  await checkOutCommit(at, target.commit, target.ref, lfs);
  await updateSubmodules(at, undefined, options);
  if (at.persistCredentials && at.token !== '') await persistCredentials(at, input);
  return target;
}

async function find({ repository, url, ref }: CheckoutOptions, options: GitOptions): Promise<Target> {
  if (isCommit(ref)) return { commit: ref.toLowerCase(), ref: '' };
  if (ref === '') return defaultBranch(repository, url, options);
  const { commit, name, kind } = await lookUpRef(repository, url, ref, options.signal, options.config);
  return { commit, ref: kind === 'branch' ? name : ref.startsWith('refs/') ? ref : name };
}

async function defaultBranch(repository: string, url: string, options: GitOptions): Promise<Target> {
  const { exitCode, stdout, stderr } = await tryGit(['ls-remote', '--symref', '--', url, 'HEAD'], { ...options, timeoutMs: 60_000 });
  if (exitCode !== 0) throw remoteError(repository, url, stderr);
  const commit = /^([0-9a-f]{40,64})\tHEAD$/m.exec(stdout)?.[1];
  if (commit === undefined) throw new PermanentError(`${repository} has no commits (at ${url})`, 'Give another repository, or a ref.');
  return { commit, ref: /^ref: (\S+)\tHEAD$/m.exec(stdout)?.[1] ?? '' };
}

async function fetch(at: CheckoutOptions, { commit, ref }: Target, options: GitOptions): Promise<void> {
  const { destination, url, repository, depth, tags, filter } = at;
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  const one = branch === undefined ? `+${commit}:refs/remotes/origin/fleetwright` : `+${commit}:refs/remotes/origin/${branch}`;
  const all = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
  const specs = depth === 0 ? [...all, ...(branch === undefined ? [one] : [])] : [one, ...(tags ? [all[1]!] : [])];
  const base = ['-C', destination, 'fetch', '--quiet', '--no-recurse-submodules', '--prune', '--no-tags', ...(filter ? [`--filter=${filter}`] : [])];
  const shallow = depth === 0 ? [] : [`--depth=${depth}`];
  const first = await tryGit([...base, ...shallow, '--', 'origin', ...specs], options);
  if (first.exitCode === 0) return;
  if (remoteFault(first.stderr) !== 'no such ref') throw remoteError(repository, url, first.stderr);
  // Some servers give only what a branch or tag points to.
  const everything = await tryGit([...base, '--', 'origin', ...all], options);
  if (everything.exitCode !== 0) throw remoteError(repository, url, everything.stderr);
  const there = await tryGit(['-C', destination, 'cat-file', '-e', `${commit}^{commit}`], options);
  if (there.exitCode !== 0) throw noSuchRef(repository, url, at.ref);
  await git(['-C', destination, 'update-ref', one.split(':')[1]!, commit], options);
}
