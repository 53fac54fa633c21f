/** Texts as names of files: other texts give other names, and no name leads out of its folder. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of a name; file systems take 255, and there are endings. */
const LONGEST = 200;
const LONG = '~';

/** The name of a text. One too long is named by a hash, and `keepLongName` keeps the text. */
export function encodeName(text: string): string {
  const whole = Buffer.from(text, 'utf8').toString('utf8'); // without lone surrogates, which have no encoding
  const name = encodeURIComponent(whole).replace(/^[.~]/, (first) => `%${first.charCodeAt(0).toString(16).toUpperCase()}`);
  return name.length <= LONGEST ? name : `${LONG}${createHash('sha256').update(whole).digest('hex')}`;
}

/** Writes down, in `folder`, what a name too long stands for. Does nothing for others. @throws what node:fs throws */
export function keepLongName(folder: string, text: string): void {
  const name = encodeName(text);
  if (name.startsWith(LONG)) writeFileSync(join(folder, `${name}.name`), text, { mode: 0o600 });
}

/** What was given to `encodeName`. @param folder that of the name */
export function decodeName<T extends string = string>(folder: string, name: string): T {
  try {
    return (name.startsWith(LONG) ? readFileSync(join(folder, `${name}.name`), 'utf8') : decodeURIComponent(name)) as T;
  } catch {
    return name as T;
  }
}
