/** Plain values to and from the values of GitHub's expression engine. `__proto__` and its like are keys as any other. */
import { data } from '@actions/expressions';

/** What an expression can give. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A dictionary that knows only what was put into it: the library's own keeps its index in a plain object, in which
 * `constructor` is always there. Keys are compared without case, as everywhere in expressions.
 */
export class SafeDictionary extends data.Dictionary {
  readonly #entries = new Map<string, data.Dictionary extends { pairs(): (infer Pair)[] } ? Pair : never>();

  constructor(entries: Iterable<readonly [string, data.ExpressionData]>) {
    super();
    for (const [key, value] of entries) this.add(key, value);
  }

  override add(key: string, value: data.ExpressionData): void {
    const folded = key.toLowerCase();
    if (!this.#entries.has(folded)) this.#entries.set(folded, { key, value });
  }

  override get(key: string): data.ExpressionData | undefined {
    return this.#entries.get(key.toLowerCase())?.value;
  }

  override values(): data.ExpressionData[] {
    return this.pairs().map(({ value }) => value);
  }

  override pairs() {
    return [...this.#entries.values()];
  }
}

/** The engine's value of a plain one. `undefined` counts as null. */
export function toData(value: unknown): data.ExpressionData {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  if (typeof value === 'object') return new SafeDictionary(Object.entries(value).map(([key, item]) => [key, toData(item)] as const));
  throw new TypeError(`a ${typeof value} cannot be used in an expression`);
}

/** The plain value of an engine's one. */
export function fromData(value: data.ExpressionData): Json {
  if (value instanceof data.Array) return value.values().map(fromData);
  if (value instanceof data.Dictionary) return Object.fromEntries(value.pairs().map((pair) => [pair.key, fromData(pair.value)]));
  if (value instanceof data.Null) return null;
  return value.value;
}
