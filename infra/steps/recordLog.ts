/**
 * A job's own journal on the worker's host: one JSON line for each thing that was decided or done, so that a new worker goes on where the
 * killed one was. It may hold what the history must not (outputs with secrets), so it is of its owner alone and is removed with the job.
 *
 * 1. An entry is one write that ends in a newline: a line cut short by a crash does not count.
 * 2. It is append-only.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface RecordLog<Entry> {
  /** What earlier workers wrote, in order. */
  readonly entries: readonly Entry[];
  append(entry: Entry): void;
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
    close: () => closeSync(file),
  };
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
