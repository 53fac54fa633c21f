/** Writes a tar stream's entries to this host, and nothing outside of the folders that it is given. */
import { chmod, lstat, mkdir, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { InvalidInputError } from '../errors.js';
import type { UnpackOptions } from './files.js';
import { isBelow } from './glob/rules.js';
import { EntryJudge, throughLink } from './unpackEntry.js';

interface Writing {
  readonly judge: EntryJudge;
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
  const writing: Writing = { options, judge: new EntryJudge(options), roots, safe: new Set(options.inside), folders: [] };
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
  for (const { path, header } of writing.folders.reverse()) await setTimes(path, header);
}

async function write(entry: Readable & { readonly header: Header }, writing: Writing): Promise<void> {
  const { header } = entry;
  const { options: { signal } } = writing;
  const place = writing.judge.place(header);
  if (!place) return;
  const { path, kind, isRoot } = place;
  if (kind === 'folder') {
    await makeFolder(path, writing, header);
    if (!isRoot) writing.folders.push({ path, header });
    return;
  }
  await makeFolder(posix.dirname(path), writing, header);
  await rm(path, { recursive: true, force: true });
  if (kind === 'link') return symlink(header.linkname ?? '', path);
  await writeFile(path, entry, { flag: 'wx', mode: 0o600, ...(signal ? { signal } : {}) });
  await setTimes(path, header);
}

/** Makes the folder and those above it. A symbolic link on the way must lead to a place inside. */
async function makeFolder(path: string, writing: Writing, header: Header): Promise<void> {
  if (writing.safe.has(path)) return;
  await makeFolder(posix.dirname(path), writing, header);
  const there = await lstat(path).catch(() => undefined);
  if (there?.isSymbolicLink()) {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined || !writing.roots.some((root) => real === root || isBelow(real, root))) throw throughLink(header, path);
  } else if (!there?.isDirectory()) {
    if (there) await rm(path);
    await mkdir(path, { mode: 0o755 });
  }
  writing.safe.add(path);
}

async function setTimes(path: string, { mode, mtime }: Header): Promise<void> {
  if (mode !== undefined) await chmod(path, mode & 0o777);
  if (mtime) await utimes(path, mtime, mtime);
}
