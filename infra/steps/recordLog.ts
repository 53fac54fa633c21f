/**
 * A job's own journal on the worker's host: one JSON line for each thing that was decided or done, so that a new worker goes on where the
 * killed one was. It may hold what the history must not (outputs with secrets), so it is of its owner alone and is removed with the job.
 *
 * 1. An entry is one write that ends in a newline: a line cut short by a crash does not count.
 * 2. It is append-only, until its entries are put away: who reads it as it grows finds every line where it was.
 * 3. Who opened it last has it alone: opening leaves an empty line, and nobody appends to what has grown without him.
 */
import { closeSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeSyncedFolder, syncNames, syncRecord } from '../sync.js';

export interface RecordLog<Entry> {
  /** What earlier workers wrote, in order. */
  readonly entries: readonly Entry[];
  /** The entry is on the disk when it returns, where that is asked for. @returns false when another one has opened it since: then the entry is not there */
  append(entry: Entry): boolean;
  /** Puts something shorter in the place of each entry, in the same bytes of the file. Safe to repeat. */
  putAway(by: (entry: Entry) => object): void;
  close(): void;
}

export function openRecordLog<Entry>(path: string): RecordLog<Entry> {
  makeSyncedFolder(dirname(path));
  const file = openSync(path, 'a+', 0o600);
  const entries = takeOver<Entry>(file, path);
  let size = fstatSync(file).size;
  if (size === 1) syncNames(dirname(path));
  return {
    entries,
    append: (entry) => {
      if (fstatSync(file).size !== size) return false;
      size += writeSync(file, `${JSON.stringify(entry)}\n`);
      syncRecord(file);
      return true;
    },
    putAway: (by) => overwrite(path, by),
    close: () => closeSync(file),
  };
}

/** Reads what is there and leaves an empty line behind it, which also ends a line that was cut short. */
function takeOver<Entry>(file: number, path: string): readonly Entry[] {
  for (;;) {
    const bytes = readFileSync(path);
    const { size } = fstatSync(file);
    writeSync(file, '\n');
    // Somebody who had it was just writing.
    if (size === bytes.length && fstatSync(file).size === size + 1) return bytes.toString().split('\n').flatMap(parseEntry<Entry>);
  }
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

function parseEntry<Entry>(line: string): Entry[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}
