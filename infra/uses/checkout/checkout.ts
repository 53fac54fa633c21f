/**
 * `actions/checkout`. The run's own repository is the person's working tree as it is at this moment, with what is not committed yet; another
 * repository, or another ref, comes from its URL by git.
 */
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { InvalidInputError } from '../../errors.js';
import { stateDir } from '../../paths.js';
import type { BuiltInAction, BuiltInInput, BuiltInResult } from '../builtInAction.js';
import { carryFolder } from '../carry.js';
import { isBelow } from '../glob/rules.js';
import { CREDENTIALS, withCredentials } from './credentials.js';
import { MARK } from './git.js';
import { CHECKOUT, type CheckoutOptions, checkoutOptions } from './options.js';
import { checkOutRemote } from './remote.js';
import { checkOutTree } from './tree.js';

export const checkout: BuiltInAction = { action: CHECKOUT, main, post };

async function main(input: BuiltInInput): Promise<BuiltInResult> {
  const options = checkoutOptions(input);
  if (options.token !== '') input.mask(options.token);
  const { commit, ref } = input.files.here ? await checkOutHere(options, input) : await checkOutThere(options, input);
  const outputs = { ref: options.ref || ref || (options.ownTree ? String(input.github['ref'] ?? '') : ''), commit };
  const persisted = options.persistCredentials && options.token !== '' && !options.ownTree;
  return persisted ? { outputs, state: { folder: options.destination } } : { outputs };
}

async function post({ files, state, log }: Parameters<NonNullable<BuiltInAction['post']>>[0]): Promise<void> {
  const folder = state['folder'];
  if (folder === undefined) return;
  await files.remove(posix.join(folder, '.git', CREDENTIALS));
  log('removed the credentials of the checkout');
}

interface CheckedOut {
  readonly commit: string;
  /** `refs/heads/main`; '' for a commit by itself. */
  readonly ref: string;
}

async function checkOutHere(options: CheckoutOptions, input: BuiltInInput): Promise<CheckedOut> {
  const { destination, clean } = options;
  if (options.ownTree && isSame(destination, input.repository!)) {
    input.log(`the workspace is the repository: ${destination} stays as it is`);
    return checkOutTree(options, input);
  }
  if (clean) await emptied(destination, input);
  mkdirSync(destination, { recursive: true });
  return checkOut(options, input);
}

/** Made on this host, and carried to the job's. */
async function checkOutThere(options: CheckoutOptions, input: BuiltInInput): Promise<CheckedOut> {
  const folder = stateDir('runs', encodeURIComponent(input.run), 'checkouts', randomUUID());
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    const done = await checkOut({ ...options, destination: folder }, input);
    if (options.clean) await input.files.empty(options.destination);
    await carryFolder(folder, input.files, options.destination, input.signal);
    return done;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkOut(options: CheckoutOptions, input: BuiltInInput): Promise<CheckedOut> {
  return options.ownTree ? checkOutTree(options, input) : withCredentials(options, input, (config) => checkOutRemote(options, input, config));
}

/** Only what is ours is emptied: a folder of the run, an earlier checkout, or one with nothing in it. */
async function emptied(destination: string, { files, repository }: BuiltInInput): Promise<void> {
  if (!existsSync(destination) || readdirSync(destination).length === 0) return;
  const real = realpathSync(destination);
  const own = repository === undefined || !existsSync(repository) ? undefined : realpathSync(repository);
  const holdsOwn = own !== undefined && (own === real || isBelow(own, real));
  const runs = stateDir('runs');
  const ours = (existsSync(runs) && isBelow(real, realpathSync(runs))) || existsSync(posix.join(destination, '.git', MARK));
  if (ours && !holdsOwn) return files.empty(destination);
  throw new InvalidInputError(`actions/checkout would remove all that is in ${destination}, which holds files that no run made`, 'Empty the folder, give another one, or write clean: false.');
}

function isSame(a: string, b: string): boolean {
  return existsSync(a) && existsSync(b) && realpathSync(a) === realpathSync(b);
}
