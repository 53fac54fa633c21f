/** Values of `docker create` flags, as Docker's command line reads them. */
import { InvalidInputError } from '../errors.js';

const BYTES: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };
const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** `512m`, `1.5g`, `1073741824` in bytes. @throws InvalidInputError */
export function bytesOf(text: string, flag: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)i?b?$/i.exec(text.trim()) ?? [];
  if (number === undefined) throw bad(flag, text, 'a size like 512m or 1g');
  return Math.floor(Number(number) * BYTES[unit.toLowerCase()]!);
}

/** `10s`, `1m30s`, `500ms` in nanoseconds. @throws InvalidInputError */
export function nanosecondsOf(text: string, flag: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (text.trim() === '0') return 0;
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text.trim()) throw bad(flag, text, 'a duration like 10s or 1m30s');
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * NANOSECONDS[unit]!, 0);
}

/** @throws InvalidInputError */
export function numberOf(text: string, flag: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw bad(flag, text, 'a number');
  return number;
}

/** @throws InvalidInputError */
export function booleanOf(text: string, flag: string): boolean {
  if (/^(true|1|t)$/i.test(text)) return true;
  if (/^(false|0|f)$/i.test(text)) return false;
  throw bad(flag, text, 'true or false');
}

/** `NAME=VALUE` as a pair; without `=` the value is empty. */
export function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

export function bad(flag: string, text: string, expected: string): InvalidInputError {
  return new InvalidInputError(`options: ${flag} is ${JSON.stringify(text)}, which is not ${expected}`, `Give ${flag} ${expected}.`);
}
