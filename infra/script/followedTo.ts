/**
 * How far a try's log was copied to its step's log, in a file: a new worker goes on there. The log is written first, so a kill
 * between the two repeats one chunk at most, and loses none.
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface FollowedTo {
  /** Bytes of the try's log that are copied. */
  readonly bytes: number;
  add(bytes: number): void;
  close(): void;
}

const DIGITS = 16;

export function openFollowedTo(path: string): FollowedTo {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let bytes = readBytes(path);
  // Not with O_APPEND, which would put each write at the end.
  const file = openSync(path, 'r+', 0o600);
  return {
    get bytes() {
      return bytes;
    },
    add: (more) => {
      bytes += more;
      writeSync(file, String(bytes).padStart(DIGITS, '0'), 0);
    },
    close: () => closeSync(file),
  };
}

function readBytes(path: string): number {
  closeSync(openSync(path, 'a', 0o600));
  const text = readFileSync(path, 'latin1');
  return /^\d{16}$/.test(text) ? Number(text) : 0;
}
