/** Free disk space, before something large is written. */
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PermanentError } from '../errors.js';

/** What images, machines and their containers take, with room to spare. */
export const ENGINE_DISK_BYTES = 6 * 1024 ** 3;

/**
 * Checks that the file system of `path` has room; a path that is not there yet counts as its nearest folder that is.
 * @returns bytes free for users, or undefined where the path cannot be seen (another host's, another user's)
 * @throws PermanentError when fewer than `needBytes` are free
 */
export async function checkDiskSpace(path: string, needBytes: number): Promise<number | undefined> {
  const free = await freeBytes(path);
  if (free === undefined || free >= needBytes) return free;
  throw new PermanentError(
    `${path} has ${gib(free)} free, and ${gib(needBytes)} are needed`,
    'Free some space there (`docker system df` shows what the engine takes, `docker system prune` removes what nothing uses), or give the engine another data-root.',
  );
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

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
