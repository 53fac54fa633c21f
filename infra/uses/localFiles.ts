/** The files of this process's own host. */
import { createReadStream } from 'node:fs';
import { lstat, mkdir, open, readdir, readlink, realpath, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack as newPack, type Pack } from 'tar-stream';
import type { FileEntry, Files, PackedPath } from './files.js';
import { unpack } from './unpack.js';

export function localFiles(): Files {
  return {
    here: true,
    entry,
    children: async (folder) => {
      const names = await ifThere(readdir(folder, { withFileTypes: true })) ?? [];
      return names.map((one) => ({ name: one.name, kind: kindOf(one) }));
    },
    realpath: (path) => ifThere(realpath(path)),
    home: async () => homedir(),
    pack: (paths, options) => {
      const tar = newPack();
      packAll(tar, paths, options.follow, options.signal).then(() => tar.finalize(), (error: unknown) => tar.destroy(error as Error));
      return tar as unknown as Readable;
    },
    unpack,
    remove: (path) => rm(path, { recursive: true, force: true }),
    empty: async (folder) => {
      await mkdir(folder, { recursive: true });
      for (const name of await readdir(folder)) await rm(posix.join(folder, name), { recursive: true, force: true });
    },
  };
}

async function entry(path: string, follow: boolean): Promise<FileEntry | undefined> {
  const stats = await ifThere((follow ? stat : lstat)(path));
  return stats && { name: posix.basename(path), kind: kindOf(stats) };
}

function kindOf(one: { isDirectory(): boolean; isSymbolicLink(): boolean; isFile(): boolean }): FileEntry['kind'] {
  return one.isDirectory() ? 'folder' : one.isSymbolicLink() ? 'link' : one.isFile() ? 'file' : 'other';
}

async function packAll(tar: Pack, paths: readonly PackedPath[], follow: boolean, signal: AbortSignal | undefined): Promise<void> {
  for (const { path, name } of paths) {
    signal?.throwIfAborted();
    const stats = await (follow ? stat : lstat)(path);
    const header = { name, mode: stats.mode & 0o7777, mtime: stats.mtime };
    if (stats.isDirectory()) await add(tar, { ...header, type: 'directory', size: 0 });
    else if (stats.isSymbolicLink()) await add(tar, { ...header, type: 'symlink', size: 0, linkname: await readlink(path) });
    else if (stats.isFile()) await addFile(tar, header, path, signal);
  }
}

function add(tar: Pack, header: Parameters<Pack['entry']>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry(header, '', (error) => (error ? reject(error) : resolve()));
  });
}

/** As many bytes as it has when it is opened: somebody may be writing to it. */
async function addFile(tar: Pack, header: Parameters<Pack['entry']>[0], path: string, signal: AbortSignal | undefined): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) return await add(tar, { ...header, type: 'file', size: 0 });
    const content = createReadStream(path, { fd: file.fd, autoClose: false, start: 0, end: size - 1, highWaterMark: 1024 * 1024 });
    await pipeline(content, tar.entry({ ...header, type: 'file', size }), { signal });
  } finally {
    await file.close();
  }
}

async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}
