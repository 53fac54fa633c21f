/** The end of a process's output, as a failure shows it. */
import { stripVTControlCharacters } from 'node:util';

/** Of an output's end, what is kept to show its last lines. */
export const TAIL_BYTES = 16 * 1024;
const LINES_SHOWN = 20;
/** So that the reason before the lines survives a failure's limit of 4 KiB. */
const SHOWN_CHARACTERS = 3000;

/** The last lines of an output's end, as a failure shows them behind its reason: after a line break; empty when there are none. */
export function shownTail(end: string): string {
  const text = printable(end).trimEnd().split('\n').slice(-LINES_SHOWN).join('\n').slice(-SHOWN_CHARACTERS);
  return text === '' ? '' : `\n${text}`;
}

/** Without colours and other control characters but line breaks and tabs. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, '\uFFFD');
}
