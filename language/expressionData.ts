/** Plain values to and from the values of GitHub's expression engine. `__proto__` and its like are keys as any other. */
import { data } from '@actions/expressions';
import { numberText } from './numberText.js';

/** What an expression can give. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type Pair = ReturnType<data.Dictionary['pairs']>[number];

/**
 * A plain object as the engine sees it. It knows only the object's own keys (the library's own dictionary keeps its index in a plain
 * object, in which `constructor` is always there), and turns a value into the engine's when it is asked for it: an event of
 * hundreds of keys costs nothing to an expression that reads one of them.
 */
export class PlainDictionary extends data.Dictionary {
  readonly #source: Readonly<Record<string, unknown>>;
  readonly #fold: (key: string) => string;
  #names: Map<string, string> | undefined;
  readonly #values = new Map<string, data.ExpressionData>();

  /** @param caseCounts whether `A` and `a` are two keys, as in `env` on Linux; elsewhere the first of them is the one @default false */
  constructor(source: Readonly<Record<string, unknown>>, caseCounts = false) {
    super();
    this.#source = source;
    this.#fold = caseCounts ? (key) => key : (key) => key.toLowerCase();
  }

  override add(): never {
    throw new Error('a plain object is not added to');
  }

  override get(key: string): data.ExpressionData | undefined {
    const name = this.#index().get(this.#fold(key));
    return name === undefined ? undefined : this.#value(name);
  }

  override values(): data.ExpressionData[] {
    return [...this.#index().values()].map((name) => this.#value(name));
  }

  override pairs(): Pair[] {
    return [...this.#index().values()].map((key) => ({ key, value: this.#value(key) }));
  }

  #index(): Map<string, string> {
    if (this.#names) return this.#names;
    this.#names = new Map();
    for (const key of Object.keys(this.#source)) {
      const folded = this.#fold(key);
      if (!this.#names.has(folded)) this.#names.set(folded, key);
    }
    return this.#names;
  }

  #value(name: string): data.ExpressionData {
    const known = this.#values.get(name);
    if (known) return known;
    const value = toData(this.#source[name]);
    this.#values.set(name, value);
    return value;
  }
}

/** The engine's own writes numbers as JavaScript does. */
export class GithubNumber extends data.NumberData {
  override coerceString(): string {
    return numberText(this.value);
  }
}

/** The engine's value of a plain one. `undefined` counts as null. */
export function toData(value: unknown): data.ExpressionData {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'number') return new GithubNumber(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (Array.isArray(value)) return arrayOf(value);
  if (typeof value === 'object') return new PlainDictionary(value as Readonly<Record<string, unknown>>);
  throw new TypeError(`a ${typeof value} cannot be used in an expression`);
}

/** The plain value of an engine's one. */
export function fromData(value: data.ExpressionData): Json {
  if (value instanceof data.Array) return value.values().map(fromData);
  if (value instanceof data.Dictionary) return Object.fromEntries(value.pairs().map((pair) => [pair.key, fromData(pair.value)]));
  if (value instanceof data.Null) return null;
  return value.value;
}

/** Not by its constructor's arguments, of which there cannot be as many as a list may have items. */
function arrayOf(values: readonly unknown[]): data.Array {
  const array = new data.Array();
  for (const value of values) array.add(toData(value));
  return array;
}
