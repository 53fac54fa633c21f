/** The public actions that are built in: same names, inputs and outputs, and nothing is fetched for them. Any ref will do. */
import { PermanentError, TransientError } from '../errors.js';
import { downloadArtifact } from './artifacts/download.js';
import { mergeArtifacts } from './artifacts/merge.js';
import { uploadArtifact } from './artifacts/upload.js';
import type { BuiltInAction, BuiltInInput } from './builtInAction.js';
import { cache, cacheRestore, cacheSave } from './cache/cache.js';
import { checkout } from './checkout/checkout.js';

export type { BuiltInAction, BuiltInInput, BuiltInResult } from './builtInAction.js';

const BUILT_IN: ReadonlyMap<string, BuiltInAction> = new Map([
  ['actions/checkout', checkout],
  ['actions/upload-artifact', uploadArtifact],
  ['actions/upload-artifact/merge', mergeArtifacts],
  ['actions/download-artifact', downloadArtifact],
  ['actions/cache', cache],
  ['actions/cache/restore', cacheRestore],
  ['actions/cache/save', cacheSave],
]);

/** The built-in action of that name, whatever its ref: `actions/checkout@v4`. Names compare without case. */
export function builtInAction(uses: string): BuiltInAction | undefined {
  const name = uses.split('@')[0]!.toLowerCase();
  const found = BUILT_IN.get(name);
  if (!found) return undefined;
  const { action, main, post } = found;
  return {
    action,
    main: (input) => typed(name, input, () => main(input)),
    ...(post ? { post: (input) => typed(name, input, () => post(input)) } : {}),
  };
}

/** What the host refuses (a full disk, a file without rights) stays until a person mends it. A fault of our own stays what it is. */
async function typed<T>(name: string, { signal }: BuiltInInput, work: () => Promise<T>): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof PermanentError || error instanceof TransientError || !(error instanceof Error) || !('syscall' in error)) throw error;
    throw new PermanentError(`${name}: ${error.message}`, 'Make room on the disk, or give the right to read and write there.', { cause: error });
  }
}
