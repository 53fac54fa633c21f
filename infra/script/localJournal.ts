/** A step's journal on the worker's own host, by plain file calls: what `programs.ts` does elsewhere, without a process for it. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, renameSync, rmSync, fstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../processId.js';
import { ENVIRONMENT_FILES } from './environment.js';
import type { ProcessState } from './host.js';
import type { StepFiles } from './journal.js';
import { notKept } from './runProgram.js';
import type { SpareFiles } from './spareFiles.js';

const NONE = Buffer.alloc(0);

/** Makes a folder that is its owner's alone, with those above. @throws PermanentError */
export function makeFolder(folder: string): void {
  onDisk(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
}

/**
 * Writes what the step will run, unless it was claimed. Safe to repeat, by several at a time: a file of this name is whole when it is asked
 * for, since whoever comes second replaces it whole, and never writes into it.
 * @throws PermanentError when the disk does not take it
 */
export function writeStep(folder: string, files: StepFiles, spare: SpareFiles): void {
  onDisk(folder, () => {
    const first = makeNew(folder);
    if (first) spare.renew(folder, files);
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name);
      if (first) writeNew(path, text);
      else replace(path, text);
    }
  });
}

/** Lets every user who reaches the folder read its script and write its environment files: folders above keep the host's other users away. @throws PermanentError */
export function openStep(folder: string): void {
  onDisk(folder, () => {
    for (const name of Object.values(ENVIRONMENT_FILES)) {
      closeSync(openSync(join(folder, name), 'a'));
      chmodSync(join(folder, name), 0o666);
    }
    chmodSync(join(folder, 'script'), 0o644);
    chmodSync(folder, 0o711);
  });
}

function makeNew(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function replace(path: string, text: string): void {
  const draft = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}`;
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** @throws PermanentError when `act` throws */
export function onDisk<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw notKept(folder, (error as Error).message, error);
  }
}

export function isClaimed(folder: string): boolean {
  return existsSync(join(folder, 'claim'));
}

/** The recorded exit code. A record without its newline is torn: then there is none. */
export function exitCode(folder: string): number | undefined {
  const text = readText(join(folder, 'exit'));
  return /^\d+\n$/.test(text) ? Number(text) : undefined;
}

/**
 * What the journal and the processes that it names tell. The exit record is looked at again after life: what dies between the two has written it.
 * `unknown`: nothing is recorded of a step that was claimed over SSH; only its marker could tell.
 */
export function journalState(folder: string): ProcessState | 'unknown' {
  if (exitCode(folder) !== undefined) return 'ended';
  const [claimed, alive] = [isClaimed(folder), anyAlive(folder)];
  if (exitCode(folder) !== undefined) return 'ended';
  if (alive !== undefined) return alive ? 'running' : 'cut short';
  return claimed ? 'unknown' : 'absent';
}

/** Sees to it that a step that looks gone does not begin any more. @returns false when it has begun, or somebody else saw to it */
export function preventBegin(folder: string): boolean {
  try {
    closeSync(openSync(join(folder, 'begun'), 'wx', 0o600));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EEXIST';
  }
}

/** Why nothing can be written in the folder; undefined when it can. */
export function whyNotWritable(folder: string): string | undefined {
  const path = join(folder, `writable.${process.pid}`);
  try {
    writeFileSync(path, 'write');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    rmSync(path, { force: true });
  }
}

/** Whether a process of the records lives; undefined when there is no record. */
function anyAlive(folder: string): boolean | undefined {
  const lines = readText(join(folder, 'claim')).split('\n').filter(Boolean);
  return lines.length === 0 ? undefined : lines.some(isLineAlive);
}

function isLineAlive(line: string): boolean {
  const [pid, start, boot] = line.split(' ');
  return isAlive({ pid: Number(pid), start: `${boot}/${start}` });
}

/** A file's first `limit` bytes. Nothing when it is not there. */
export function readHead(path: string, limit: number): Buffer {
  const file = openIfThere(path);
  if (file === undefined) return NONE;
  try {
    const size = Math.min(fstatSync(file).size, limit);
    return size === 0 ? NONE : readAt(file, 0, size);
  } finally {
    closeSync(file);
  }
}

/** At most `length` bytes from a position; fewer at the end of the file. */
export function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let bytes = 0;
  while (bytes < length) {
    const more = readSync(file, buffer, bytes, length - bytes, position + bytes);
    if (more === 0) break;
    bytes += more;
  }
  return buffer.subarray(0, bytes);
}

/** Opens for reading. @returns undefined when it is not there */
export function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
