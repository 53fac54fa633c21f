/** Content hashes of images and of sets of them, known before anything is built. */
import { createHash } from 'node:crypto';
import { type AnyImageName, type ImageName, recipe, type Recipe } from './catalogue.js';
import { contentHash, TAG_LENGTH } from './contentHash.js';
import { type Context, readContext } from './context.js';

/** Where recipes and contexts come from. */
export interface HashSource {
  recipe(name: AnyImageName): Recipe;
  read(name: AnyImageName): Promise<Context>;
}

/** Hashes and contexts, each read once. */
export class Hashes {
  readonly #hashes = new Map<AnyImageName, Promise<string>>();
  readonly #contexts = new Map<AnyImageName, Promise<Context>>();

  constructor(readonly source: HashSource) {}

  context(name: AnyImageName): Promise<Context> {
    return remember(this.#contexts, name, () => this.source.read(name));
  }

  /** SHA-256 in hex. */
  hash(name: AnyImageName): Promise<string> {
    return remember(this.#hashes, name, async () => {
      const parents = await Promise.all(this.source.recipe(name).parents.map((parent) => this.hash(parent)));
      return contentHash(this.source.recipe(name), await this.context(name), parents);
    });
  }
}

/**
 * What machines of this version need of these images, as one name: 12 characters of a hash over the images' content and the machine's own,
 * whose Docker keeps them.
 */
export async function imageSet(names: readonly ImageName[], source: HashSource = { recipe, read: (name) => readContext(name) }): Promise<string> {
  const hashes = new Hashes(source);
  const all = await Promise.all(['machine' as const, ...[...names].sort()].map((name) => hashes.hash(name)));
  return createHash('sha256').update(all.join('\n')).digest('hex').slice(0, TAG_LENGTH);
}

/** What was made once for this key, or is being made. */
export function remember<Key, Value>(made: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}
