/** A folder with all that is in it, to be packed. */
import { posix } from 'node:path';
import type { Files, PackedPath } from './files.js';

/** Depth first, folders before what is in them; symbolic links as such. @param name of the path in the archive; '' for a folder of which only the content is packed */
export async function descend(files: Files, path: string, name: string): Promise<readonly PackedPath[]> {
  const entry = await files.entry(path, false);
  if (!entry) return [];
  const own = name === '' ? [] : [{ path, name }];
  if (entry.kind !== 'folder') return own;
  const inside: PackedPath[] = [];
  for (const child of await files.children(path)) {
    const at = { path: posix.join(path, child.name), name: posix.join(name, child.name) };
    if (child.kind === 'folder') inside.push(...await descend(files, at.path, at.name));
    else inside.push(at);
  }
  return [...own, ...inside];
}
