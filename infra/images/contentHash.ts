/** What an image is made from, as one number: the same hash, the same image. */
import { createHash } from 'node:crypto';
import type { AnyImageName, Recipe } from './catalogue.js';
import { withParents } from './catalogue.js';
import { readContext, type ContextFile } from './context.js';

/** Raised when the way in which images are built changes so that old ones must not be used any more. */
const RECIPE_VERSION = 1;

/** A prefix of the hash, as tags hold it. */
export const TAG_LENGTH = 12;

/**
 * SHA-256 in hex over the recipe, the parents' hashes and the path, mode and content of each file, each with its length before
 * it, so that no two different contexts read the same.
 */
export function contentHash(recipe: Recipe, files: readonly ContextFile[], parents: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (part: string | Buffer): void => {
    hash.update(`${Buffer.byteLength(part)}:`).update(part);
  };
  add(`fleetwright ${RECIPE_VERSION} ${recipe.kind} ${recipe.name}`);
  parents.forEach(add);
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const file of sorted) {
    add(file.path);
    add(file.executable ? 'x' : '-');
    add(file.content);
  }
  return hash.digest('hex');
}

/** The hashes of the named images and of all that they are made from. */
export async function contentHashes(names: readonly AnyImageName[], read = readContext): Promise<ReadonlyMap<AnyImageName, string>> {
  const hashes = new Map<AnyImageName, string>();
  for (const recipe of withParents(names)) {
    const parents = recipe.parents.map((parent) => hashes.get(parent) as string);
    hashes.set(recipe.name, contentHash(recipe, await read(recipe.name), parents));
  }
  return hashes;
}
