/** Files of values: `.env`-like, read as the npm package `dotenv` reads them, but with nothing left out in silence. */
import { readFile } from 'node:fs/promises';
import { parse } from 'dotenv';
import { InvalidInputError } from '../errors.js';

/**
 * The values by name; those in quotes may hold line breaks. The last of a name counts.
 * @throws InvalidInputError with file:line for a line that is no NAME=VALUE or a quote that does not end (the line is not quoted), or when the file cannot be read
 */
export async function readDotenv(path: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`${path} cannot be read (${error.code === 'ENOENT' ? 'there is no such file' : error.code})`, 'Name a file with lines NAME=VALUE.');
  });
  return parseDotenv(text, path);
}

/** @throws InvalidInputError */
export function parseDotenv(text: string, path: string): Readonly<Record<string, string>> {
  const whole = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  check(whole.split('\n'), path);
  return parse(whole);
}

const ASSIGNMENT = /^\s*(?:export\s+)?[\w.-]+(?:\s*=|:\s)\s*(.*)$/;

function check(lines: readonly string[], path: string): void {
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!;
    if (/^\s*(?:#|$)/.test(line)) continue;
    const value = ASSIGNMENT.exec(line)?.[1];
    if (value === undefined) throw new InvalidInputError(`${path}:${at + 1}: not NAME=VALUE`, 'A value of several lines is put in quotes; a comment begins with #.');
    at = endOf(lines, at, value, path);
  }
}

/** The line on which a value ends that begins with a quote. */
function endOf(lines: readonly string[], first: number, value: string, path: string): number {
  const quote = /^["'`]/.exec(value)?.[0];
  if (quote === undefined || closes(value.slice(1), quote)) return first;
  const last = lines.findIndex((line, at) => at > first && closes(line, quote));
  if (last === -1) throw new InvalidInputError(`${path}:${first + 1}: the quote ${quote} does not end`, 'End it, or put a backslash before a quote that belongs to the value.');
  return last;
}

function closes(text: string, quote: string): boolean {
  return text.replaceAll(`\\${quote}`, '').includes(quote);
}
