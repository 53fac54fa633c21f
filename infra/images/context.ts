/** Build contexts: the files of `docker-images/<name>/` and those that are generated, in memory. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { packagePath } from '../paths.js';
import type { AnyImageName } from './catalogue.js';

export interface ContextFile {
  /** Relative to the context, with `/`. */
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

/** The files that are made, not kept, of an image's context. */
const GENERATED: Partial<Record<AnyImageName, () => Promise<readonly ContextFile[]>>> = {
  dbhelper: async () => {
    const { worldSql } = await import('../../docker-images/dbhelper/world.js');
    return [{ path: 'world.sql', content: Buffer.from(worldSql()), executable: false }];
  },
};

/** The build context of an image, sorted by path. TypeScript sources are generators, not content. */
export async function readContext(name: AnyImageName, folder = packagePath('docker-images', name)): Promise<readonly ContextFile[]> {
  const files = await readFolder(folder);
  const generated = (await GENERATED[name]?.()) ?? [];
  return [...files, ...generated].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function readFolder(folder: string): Promise<ContextFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'));
  return Promise.all(files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const [content, { mode }] = await Promise.all([readFile(path), stat(path)]);
    return { path: path.slice(folder.length + 1), content, executable: (mode & 0o100) !== 0 };
  }));
}

/** The context as a tar stream that does not depend on who packs it, or when. */
export function packContext(files: readonly ContextFile[]): Readable {
  const tar = pack();
  for (const { path, content, executable } of files) {
    tar.entry({ name: path, mode: executable ? 0o755 : 0o644, mtime: new Date(0) }, content);
  }
  tar.finalize();
  return tar as unknown as Readable;
}
