/** What an image is made from, as one number: the same hash, the same image. */
import { createHash } from 'node:crypto';
import type { Recipe } from './catalogue.js';
import type { Context, ContextFile } from './context.js';

/** Raised when the way in which images are built changes so that old ones must not be used any more. */
const RECIPE_VERSION = 1;

/** A prefix of the hash, as tags hold it. */
export const TAG_LENGTH = 12;

/**
 * SHA-256 in hex over the recipe, the parents' hashes and the path, mode and content of each file, each with its length before
 * it, so that no two different contexts read the same.
 */
export function contentHash(recipe: Recipe, context: Pick<Context, 'files' | 'generatorFiles'>, parents: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (part: string | Buffer): void => {
    hash.update(`${Buffer.byteLength(part)}:`).update(part);
  };
  add(`fleetwright ${RECIPE_VERSION} ${recipe.kind} ${recipe.name}`);
  parents.forEach(add);
  for (const files of [context.files, context.generatorFiles]) {
    add(String(files.length));
    for (const file of [...files].sort(byPath)) {
      add(file.path);
      add(file.executable ? 'x' : '-');
      add(file.content);
    }
  }
  return hash.digest('hex');
}

function byPath(a: ContextFile, b: ContextFile): number {
  return a.path < b.path ? -1 : 1;
}
