/** `actions/cache`, and its halves `actions/cache/restore` and `actions/cache/save`. */
import { InvalidInputError, PermanentError } from '../../errors.js';
import { readArchive, writeArchive } from '../archive.js';
import type { BuiltInAction, BuiltInInput, BuiltInResult } from '../builtInAction.js';
import { builtInMetadata, flag } from '../inputs.js';
import { cachePaths } from './paths.js';
import { cacheArchive, cachesOf, cacheVersion, findCache, keepCache, touchCache } from './store.js';

const RESTORED = ['cache-hit', 'cache-primary-key', 'cache-matched-key'];
const COMMON = { path: '', key: '', enableCrossOsArchive: 'false', 'upload-chunk-size': '' };
const RESTORE = { ...COMMON, 'restore-keys': '', 'fail-on-cache-miss': 'false', 'lookup-only': 'false' };

/** GitHub's limits. */
const LONGEST_KEY = 512;
const MOST_KEYS = 10;

export const cacheRestore: BuiltInAction = { action: builtInMetadata('Restore Cache', RESTORE, RESTORED), main: restore };
export const cacheSave: BuiltInAction = {
  action: builtInMetadata('Save a cache', COMMON, []),
  main: async (input) => {
    await save(input, asked(input));
    return { outputs: {} };
  },
};
/** Saved at the job's end when the job has succeeded and the key had no cache of its own. */
export const cache: BuiltInAction = {
  action: builtInMetadata('Cache', { ...RESTORE, 'save-always': 'false' }, RESTORED),
  main: async (input) => {
    const result = await restore(input);
    return result.outputs['cache-hit'] === 'true' ? result : { ...result, state: { key: asked(input).key } };
  },
  post: async (input) => save(input, { ...asked(input), key: input.state['key'] ?? asked(input).key }),
};

interface Asked {
  readonly key: string;
  readonly paths: readonly string[];
}

async function restore(input: BuiltInInput): Promise<BuiltInResult> {
  const { inputs, files, signal, log } = input;
  const { key, paths } = asked(input);
  const keys = [key, ...lines(inputs['restore-keys'])];
  for (const one of keys) checkKey(one);
  if (keys.length > MOST_KEYS) throw new InvalidInputError(`actions/cache: ${keys.length} keys were given, and ${MOST_KEYS} are the most`, 'Give fewer restore-keys.');
  const { unpack } = await cachePaths(paths, input);
  const forbidden = input.cache?.restore === false;
  if (forbidden) log('warning: the cache-mode of the job lets no cache be restored');
  const entry = forbidden ? undefined : findCache(storeOf(input), keys, cacheVersion(paths));
  if (!entry) {
    if (flag('fail-on-cache-miss', inputs)) throw new PermanentError(`there is no cache for ${keys.join(', ')}`, 'Let a job save it first, or write fail-on-cache-miss: false.');
    log(`there is no cache for ${keys.join(', ')}`);
    return { outputs: { 'cache-hit': '', 'cache-primary-key': key, 'cache-matched-key': '' } };
  }
  if (flag('lookup-only', inputs)) log(`the cache ${entry.key} is there`);
  else {
    await readArchive(cacheArchive(entry), { ...entry, gzip: false }, files, { ...unpack, signal });
    log(`restored ${entry.size} bytes from the cache ${entry.key}`);
  }
  touchCache(entry);
  return { outputs: { 'cache-hit': String(entry.key === key), 'cache-primary-key': key, 'cache-matched-key': entry.key } };
}

/** A cache that cannot be saved is a warning, as on GitHub: the job does not depend on it. @throws the signal's reason */
async function save(input: BuiltInInput, { key, paths }: Asked): Promise<void> {
  const { files, signal, log } = input;
  checkKey(key);
  if (input.cache?.save === false) return log(`warning: the cache ${key} is not saved: the cache-mode of the job lets none be saved`);
  const found = await (await cachePaths(paths, input)).pack();
  if (found.length === 0) return log(`warning: nothing is there of ${paths.join(', ')}: no cache is saved`);
  const write = (file: string) => writeArchive(file, files, found, { follow: false, signal });
  try {
    const kept = await keepCache(storeOf(input), key, cacheVersion(paths), write);
    log(kept ? `saved the cache ${key}` : `the cache ${key} is there already, and stays as it is`);
  } catch (error) {
    signal?.throwIfAborted();
    log(`warning: the cache ${key} was not saved: ${(error as Error).message}`);
  }
}

function asked({ inputs }: BuiltInInput): Asked {
  const [key, paths] = [inputs['key']?.trim() ?? '', lines(inputs['path'])];
  if (key === '') throw new InvalidInputError('actions/cache: the input "key" is missing', 'Give a key, such as one with hashFiles() of a lock file.');
  if (paths.length === 0) throw new InvalidInputError('actions/cache: the input "path" is missing', 'Say which files are cached.');
  return { key, paths };
}

function checkKey(key: string): void {
  if (key.length <= LONGEST_KEY && !key.includes(',')) return;
  throw new InvalidInputError(`actions/cache: ${JSON.stringify(key.slice(0, 80))} is no key`, `A key has at most ${LONGEST_KEY} characters and no comma.`);
}

function lines(text = ''): readonly string[] {
  return text.split('\n').map((line) => line.trim()).filter(Boolean);
}

function storeOf({ github, repository, workspace }: BuiltInInput): string {
  return cachesOf(String(github['repository'] || repository || workspace));
}
