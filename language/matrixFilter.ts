/** What entries of `include` and `exclude` say about a combination. Rules of record: GitHub's `MatrixBuilder`. */
import { equals } from '@actions/expressions/result';
import { type Json, toData } from './expressionData.js';

export type Combination = Readonly<Record<string, Json>>;

/**
 * Whether the value has all that the filter says. Leaf by leaf, with the `==` of expressions: `'12'` is 12, and what is not there is null. A list need
 * only begin with what the filter lists.
 */
export function matches(value: Json | undefined, filter: Json): boolean {
  if (typeof filter !== 'object' || filter === null) return equals(toData(value ?? null), toData(filter));
  return Object.entries(filter).every(([key, item]) => matches(memberOf(value, key), item as Json));
}

function memberOf(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const own = ownKey(value as Combination, key);
  return own === undefined ? undefined : (value as Combination)[own];
}

/** The object's own spelling of a key: keys compare without case. */
export function ownKey(object: Readonly<Record<string, unknown>>, key: string): string | undefined {
  return Object.hasOwn(object, key) ? key : Object.keys(object).find((own) => own.toLowerCase() === key.toLowerCase());
}
