/** Copies files of a tree into another one. Symbolic links are copied as such, and never written through. */
import { constants, cpSync, existsSync, type Stats } from 'node:fs';
import { copyFile, lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Copied at the same time. */
const AT_ONCE = 16;

/**
 * Makes the paths in `to` what they are in `from`: what is not there is removed.
 * @param paths relative; one that ends in "/" is a folder with all that is in it
 * @param sparse new files are copied only into folders that are there
 */
export async function copyPaths(from: string, to: string, paths: readonly string[], sparse: boolean, signal: AbortSignal | undefined): Promise<void> {
  const wanted = sparse ? paths.filter((path) => existsSync(dirname(join(to, path)))) : paths;
  // A folder may have taken the place of a link: no copy may go through it.
  for (const path of wanted) await rm(join(to, path), { recursive: true, force: true });
  const left = [...wanted].reverse();
  const worker = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      signal?.throwIfAborted();
      await copyOne(join(from, path), join(to, path));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** A folder with all that is in it. */
export async function copyTree(from: string, to: string): Promise<void> {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, force: true });
}

async function copyOne(from: string, to: string): Promise<void> {
  const stats = await lstat(from).catch((): Stats | undefined => undefined);
  if (!stats) return;
  await mkdir(dirname(to), { recursive: true });
  if (stats.isSymbolicLink()) await symlink(await readlink(from), to);
  else if (stats.isFile()) await copyFile(from, to, constants.COPYFILE_FICLONE);
  else if (stats.isDirectory() && from.endsWith('/')) await copyTree(from, to);
}
