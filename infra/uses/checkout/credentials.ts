/** A token for git: in a file of its owner alone, never in an argument list, and not in `.git/config`. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from '../../paths.js';
import type { BuiltInInput } from '../builtInAction.js';
import { git } from '../git.js';
import type { CheckoutOptions } from './options.js';

/** In `.git`, from the checkout to the job's end: `.git/config` includes it. */
export const CREDENTIALS = 'fleetwright-credentials';

/** Does the work with a git configuration file that holds the token; without a token, with none. The file goes with the work. */
export async function withCredentials<T>(
  { token, url }: Pick<CheckoutOptions, 'token' | 'url'>, { run, mask }: Pick<BuiltInInput, 'run' | 'mask'>, work: (config: string | undefined) => Promise<T>,
): Promise<T> {
  if (token === '') return work(undefined);
  const folder = stateDir('runs', encodeURIComponent(run));
  const file = join(folder, `git-${randomUUID()}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, configuration(url, token, mask), { flag: 'wx', mode: 0o600 });
  try {
    return await work(file);
  } finally {
    rmSync(file, { force: true });
  }
}

/** Lets later steps use the token with git, until the job's end. */
export async function persistCredentials({ destination, token, url }: CheckoutOptions, { mask, signal }: Pick<BuiltInInput, 'mask' | 'signal'>): Promise<void> {
  writeFileSync(join(destination, '.git', CREDENTIALS), configuration(url, token, mask), { mode: 0o600 });
  await git(['-C', destination, 'config', 'include.path', CREDENTIALS], { signal });
}

function configuration(url: string, token: string, mask: (secret: string) => void): string {
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  mask(basic);
  const server = /^https?:\/\/[^/]+/.exec(url)?.[0] ?? url;
  return `[http "${server}/"]\n\textraheader = AUTHORIZATION: basic ${basic}\n`;
}
