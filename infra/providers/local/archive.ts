/** Files as the tar archive that the engine takes. */
import { buffer } from 'node:stream/consumers';
import { dirname } from 'node:path/posix';
import { pack } from 'tar-stream';

/** Parents that the images have already, or that everybody may read. */
const PUBLIC_DEPTH = 4;

/**
 * A tar of the files by absolute path, with the folders on the way to them. Files are 0600 and root's; folders are 0755 down to
 * the fourth level (/var/lib/cloud/seed) and 0700 below.
 */
export async function packFiles(files: ReadonlyMap<string, string>): Promise<Buffer> {
  const archive = pack();
  const folders = new Set([...files.keys()].flatMap(parents));
  for (const folder of [...folders].sort()) {
    archive.entry({ name: `${folder.slice(1)}/`, type: 'directory', mode: depth(folder) <= PUBLIC_DEPTH ? 0o755 : 0o700, uid: 0, gid: 0 });
  }
  for (const [path, content] of files) archive.entry({ name: path.slice(1), mode: 0o600, uid: 0, gid: 0 }, content);
  archive.finalize();
  return buffer(archive);
}

function parents(path: string): string[] {
  const parent = dirname(path);
  return parent === '/' ? [] : [...parents(parent), parent];
}

function depth(path: string): number {
  return path.split('/').length - 1;
}
