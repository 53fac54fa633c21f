/** Free disk space, before something large is written. */
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PermanentError } from '../errors.js';

/** What images, machines and their containers take, with room to spare. */
export const ENGINE_DISK_BYTES = 6 * 1024 ** 3;

const ENGINE_REMEDY = 'Free some space there (`docker system df` shows what the engine takes, `docker system prune` removes what nothing uses), or give the engine another data-root.';

/**
 * Checks that the file system of `path` has room; a path that is not there yet counts as its nearest folder that is.
 * @param remedy one sentence. @default what helps where an engine keeps its data
 * @returns bytes free for users, or undefined where the path cannot be seen (another host's, another user's)
 * @throws PermanentError when fewer than `needBytes` are free
 */
export async function checkDiskSpace(path: string, needBytes: number, remedy = ENGINE_REMEDY): Promise<number | undefined> {
  const free = await freeBytes(path);
  if (free === undefined || free >= needBytes) return free;
  throw new PermanentError(`${path} has ${amount(free)} free, and ${amount(needBytes)} are needed`, remedy);
}

/** Bytes free for users on the file system of `path` or of its nearest folder that is there. */
export async function freeBytes(path: string): Promise<number | undefined> {
  const absolute = resolve(path);
  try {
    const { bavail, bsize } = await statfs(absolute);
    return bavail * bsize;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' && dirname(absolute) !== absolute ? freeBytes(dirname(absolute)) : undefined;
  }
}

function amount(bytes: number): string {
  const mib = bytes / 1024 ** 2;
  return mib < 1024 ? `${mib.toFixed(0)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}
