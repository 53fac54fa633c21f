/** Writes a tar stream's entries to this host, and nothing outside of the folders that it is given. */
import { chmod, lstat, mkdir, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { InvalidInputError } from '../errors.js';
import type { UnpackOptions } from './files.js';
import { isBelow } from './glob/rules.js';

interface Writing {
  readonly options: UnpackOptions;
  /** The folders of `inside` without symbolic links. */
  readonly roots: readonly string[];
  /** Folders that are known to lie inside. */
  readonly safe: Set<string>;
  /** Their modes and times are set when nothing more is written into them. */
  readonly folders: { readonly path: string; readonly header: Header }[];
}

/** @throws InvalidInputError for an entry or a link that leaves the folders: what came before it is written */
export async function unpack(tar: Readable, options: UnpackOptions): Promise<void> {
  for (const folder of options.inside) await mkdir(folder, { recursive: true });
  const roots = await Promise.all(options.inside.map((folder) => realpath(folder)));
  const writing: Writing = { options, roots, safe: new Set(options.inside), folders: [] };
  const entries = extract();
  // Its errors end the loop below too.
  const fed = pipeline(tar, entries, options.signal ? { signal: options.signal } : {}).catch((error: unknown) => error);
  try {
    for await (const entry of entries as AsyncIterable<Readable & { readonly header: Header }>) {
      await write(entry, writing);
      entry.resume();
    }
  } catch (error) {
    entries.destroy();
    const failure = await fed;
    options.signal?.throwIfAborted();
    // What the stream says of itself goes before what came of it.
    throw error instanceof InvalidInputError ? error : failure ?? error;
  }
  const failure = await fed;
  if (failure) throw failure;
  // One whose place a link has taken is not ours any more.
  for (const { path, header } of writing.folders.reverse()) if (writing.safe.has(path)) await setTimes(path, header);
}

async function write(entry: Readable & { readonly header: Header }, writing: Writing): Promise<void> {
  const { header } = entry;
  const { options } = writing;
  const wanted = options.target(header.name);
  if (wanted === undefined) return;
  const path = posix.normalize(wanted).replace(/(?<=.)\/$/, '');
  const refuse = (why: string) => new InvalidInputError(`the archive's entry ${JSON.stringify(header.name)} ${why}`, 'Nothing outside of its folder is written: make the archive anew.');
  const isRoot = options.inside.includes(path);
  if (!isRoot && !options.inside.some((folder) => isBelow(path, folder))) throw refuse(`leaves ${options.inside.join(', ')}`);
  if (header.type === 'directory') {
    await makeFolder(path, writing, refuse);
    if (!isRoot) writing.folders.push({ path, header });
    return;
  }
  if (isRoot || options.inside.some((folder) => isBelow(folder, path))) throw refuse('takes the place of the folder itself');
  if (header.type !== 'file' && header.type !== 'contiguous-file' && header.type !== 'symlink') throw refuse(`is a ${header.type}`);
  await makeFolder(posix.dirname(path), writing, refuse);
  await rm(path, { recursive: true, force: true });
  if (writing.safe.has(path)) forget(path, writing.safe);
  if (header.type === 'symlink') return writeLink(path, header, options, refuse);
  await writeFile(path, entry, { flag: 'wx', mode: 0o600, ...(options.signal ? { signal: options.signal } : {}) });
  await setTimes(path, header);
}

async function writeLink(path: string, { linkname }: Header, options: UnpackOptions, refuse: (why: string) => Error): Promise<void> {
  const to = linkname ?? '';
  const target = posix.resolve(posix.dirname(path), to);
  const stays = options.inside.some((folder) => target === folder || isBelow(target, folder));
  if (!stays && !options.linksMayLeave) throw refuse(`is a symbolic link out of its folder, to ${JSON.stringify(to)}`);
  await symlink(to, path);
}

/** Makes the folder and those above it. A symbolic link on the way must lead to a place inside. */
async function makeFolder(path: string, writing: Writing, refuse: (why: string) => Error): Promise<void> {
  if (writing.safe.has(path)) return;
  await makeFolder(posix.dirname(path), writing, refuse);
  const there = await lstat(path).catch(() => undefined);
  if (there?.isSymbolicLink()) {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined || !writing.roots.some((root) => real === root || isBelow(real, root))) throw refuse(`goes through the symbolic link ${path}, which leaves`);
  } else if (!there?.isDirectory()) {
    if (there) await rm(path);
    await mkdir(path, { mode: 0o755 });
  }
  writing.safe.add(path);
}

function forget(path: string, safe: Set<string>): void {
  for (const folder of safe) if (folder === path || isBelow(folder, path)) safe.delete(folder);
}

async function setTimes(path: string, { mode, mtime }: Header): Promise<void> {
  if (mode !== undefined) await chmod(path, mode & 0o777);
  if (mtime) await utimes(path, mtime, mtime);
}
