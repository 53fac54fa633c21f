/**
 * A job's own journal on the worker's host: one JSON line for each thing that was decided or done, so that a new worker goes on where the
 * killed one was. It may hold what the history must not (outputs with secrets), so it is of its owner alone and is removed with the job.
 *
 * 1. An entry is one write that ends in a newline: a line cut short by a crash does not count.
 * 2. It is append-only, until its entries are put away: who reads it as it grows finds every line where it was.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface RecordLog<Entry> {
  /** What earlier workers wrote, in order. */
  readonly entries: readonly Entry[];
  append(entry: Entry): void;
  /** Puts something shorter in the place of each entry, in the same bytes of the file. Safe to repeat. */
  putAway(by: (entry: Entry) => object): void;
  close(): void;
}

export function openRecordLog<Entry>(path: string): RecordLog<Entry> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'a+', 0o600);
  const { size } = fstatSync(file);
  if (size > 0 && lastByte(file, size) !== 0x0a) writeSync(file, '\n');
  return {
    entries: size === 0 ? [] : readFileSync(path, 'utf8').split('\n').flatMap(parseEntry<Entry>),
    append: (entry) => void writeSync(file, `${JSON.stringify(entry)}\n`),
    putAway: (by) => overwrite(path, by),
    close: () => closeSync(file),
  };
}

function overwrite<Entry>(path: string, by: (entry: Entry) => object): void {
  const file = openSync(path, 'r+'); // not to append
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    writeSync(file, lines.map((line) => shorter(line, by)).join('\n'), 0);
  } finally {
    closeSync(file);
  }
}

/** As many bytes as before: JSON may end in blanks. */
function shorter<Entry>(line: string, by: (entry: Entry) => object): string {
  const size = Buffer.byteLength(line);
  const [entry] = parseEntry<Entry>(line);
  const text = entry === undefined ? '' : JSON.stringify(by(entry));
  return (Buffer.byteLength(text) > size ? '' : text).padEnd(size - Buffer.byteLength(text) + text.length);
}

function lastByte(file: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, size - 1);
  return byte[0];
}

function parseEntry<Entry>(line: string): Entry[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}
