/** What checkouts of the own tree and of other repositories have in common. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git, tryGit, type GitOptions } from '../git.js';
import type { CheckoutOptions } from './options.js';

/** In `.git`: this folder was made by a checkout, so the next one may empty it. */
export const MARK = 'fleetwright-checkout';

/** A repository with no commit yet, unless there is one. */
export async function makeRepository(folder: string, origin: string | undefined, options: GitOptions): Promise<void> {
  if (!existsSync(join(folder, '.git'))) await git(['init', '--quiet', '--template=', '--', folder], options);
  writeFileSync(join(folder, '.git', MARK), '');
  if (origin === undefined) return;
  const known = await tryGit(['-C', folder, 'remote', 'get-url', 'origin'], options);
  await git(['-C', folder, 'remote', known.exitCode === 0 ? 'set-url' : 'add', 'origin', origin], options);
}

/** Writes the commit's files, on its branch when it has one. */
export async function checkOutCommit(at: CheckoutOptions, commit: string, ref: string, options: GitOptions): Promise<void> {
  const inRepository = ['-C', at.destination];
  if (at.sparse.length > 0) {
    await git([...inRepository, 'sparse-checkout', 'set', at.cone ? '--cone' : '--no-cone', '--stdin'], { ...options, stdin: `${at.sparse.join('\n')}\n` });
  } else {
    await tryGit([...inRepository, 'sparse-checkout', 'disable'], options);
  }
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  const where = branch === undefined ? ['--detach'] : ['-B', branch];
  await git([...inRepository, '-c', 'checkout.workers=0', 'checkout', '--quiet', '--force', ...where, commit, '--'], options);
}
