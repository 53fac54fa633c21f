/** Files that their owner alone reads, written whole or not at all. */
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PermanentError } from '../errors.js';

/** Writes the file, 0600 in a folder 0700, over what was there. @throws PermanentError */
export function writePrivate(path: string, content: string | Buffer): void {
  put(path, content, (draft) => renameSync(draft, path));
}

/** Writes the file unless it is there; of several at once, one writes it. @throws PermanentError */
export function writePrivateOnce(path: string, content: string | Buffer): void {
  put(path, content, (draft) => {
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
}

/** The file's content, or undefined when it is not there. @throws PermanentError */
export function readPrivate(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new PermanentError(`${path} cannot be read: ${(error as Error).message}`, 'Give this user the right to read it.', { cause: error });
  }
}

function put(path: string, content: string | Buffer, place: (draft: string) => void): void {
  const draft = `${path}.${randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(draft, content, { flag: 'wx', mode: 0o600 });
    place(draft);
  } catch (error) {
    throw new PermanentError(`${path} cannot be written: ${(error as Error).message}`, 'Make room on its disk, or give the right to write there.', { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}
