/** The public actions that are built in: same names, inputs and outputs, and nothing is fetched for them. Any ref will do. */
import { downloadArtifact } from './artifacts/download.js';
import { uploadArtifact } from './artifacts/upload.js';
import type { BuiltInAction } from './builtInAction.js';
import { cache, cacheRestore, cacheSave } from './cache/cache.js';
import { checkout } from './checkout/checkout.js';

export type { BuiltInAction, BuiltInInput, BuiltInResult } from './builtInAction.js';

const BUILT_IN: ReadonlyMap<string, BuiltInAction> = new Map([
  ['actions/checkout', checkout],
  ['actions/upload-artifact', uploadArtifact],
  ['actions/download-artifact', downloadArtifact],
  ['actions/cache', cache],
  ['actions/cache/restore', cacheRestore],
  ['actions/cache/save', cacheSave],
]);

/** The built-in action of that name, whatever its ref: `actions/checkout@v4`. Names compare without case. */
export function builtInAction(uses: string): BuiltInAction | undefined {
  return BUILT_IN.get(uses.split('@')[0]!.toLowerCase());
}
