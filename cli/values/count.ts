/** Flags that count something. */
import { UsageError } from '../errors.js';

/** A whole number from 1; undefined for a flag that was not given. @throws UsageError */
export function count(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new UsageError(`${flag} ${JSON.stringify(text.slice(0, 80))} is no number: give 1 or more`);
  return value;
}
