/** Submodules of a checkout. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { git, type GitOptions, tryGit } from '../git.js';
import type { CheckoutOptions } from './options.js';

/** @param source the git folder of the own repository: what it has of a submodule is taken from there */
export async function updateSubmodules({ destination, submodules, depth }: CheckoutOptions, source: string | undefined, options: GitOptions): Promise<void> {
  if (submodules === 'none' || !existsSync(join(destination, '.gitmodules'))) return;
  const at = ['-C', destination];
  await git([...at, 'submodule', '--quiet', 'init'], options);
  const local = source === undefined ? [] : await useLocal(destination, source, options);
  const shallow = depth === 0 ? [] : [`--depth=${depth}`];
  const deep = submodules === 'all' ? ['--recursive'] : [];
  const allow = local.length > 0 ? ['-c', 'protocol.file.allow=always'] : [];
  await git([...at, ...allow, 'submodule', '--quiet', 'update', '--init', '--force', ...deep, ...shallow], options);
  if (local.length > 0) await git([...at, 'submodule', '--quiet', 'sync', ...deep], options);
}

async function useLocal(destination: string, source: string, options: GitOptions): Promise<readonly string[]> {
  const { stdout } = await tryGit(['-C', destination, 'config', '--file', '.gitmodules', '--name-only', '--get-regexp', '^submodule\\..*\\.path$'], options);
  const names = stdout.split('\n').filter(Boolean).map((key) => key.slice('submodule.'.length, -'.path'.length));
  const there = names.filter((name) => !name.split('/').includes('..') && existsSync(join(source, 'modules', name, 'HEAD')));
  for (const name of there) await git(['-C', destination, 'config', `submodule.${name}.url`, join(source, 'modules', name)], options);
  return there;
}
