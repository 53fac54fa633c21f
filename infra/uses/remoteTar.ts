/** Archives from and to a machine. */
import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header, pack, type Pack } from 'tar-stream';
import { PermanentError, TransientError } from '../errors.js';
import type { PackedPath, UnpackOptions } from './files.js';
import { isBelow } from './glob/rules.js';
import type { RunThere } from './remoteFiles.js';
import { EntryJudge, throughLink } from './unpackEntry.js';

const PIECE_BYTES = 8 * 1024 * 1024;
type Entry = Readable & { readonly header: Header };

/** The paths as a tar stream under their own names. GNU tar writes it into a file there, and the file is read as it is wanted. */
export function packThere(run: RunThere, temp: string, paths: readonly PackedPath[], follow: boolean, signal: AbortSignal | undefined): Readable {
  const names = new Map(paths.map(({ path, name }) => [path.replace(/^\//, ''), name]));
  const renamed = pack();
  const work = (async () => {
    const there = Readable.from(piecesOf(run, temp, paths, follow, signal));
    const entries = extract();
    const fed = pipeline(there, entries, signal ? { signal } : {}).catch((error: unknown) => error);
    for await (const entry of entries as AsyncIterable<Entry>) {
      const path = entry.header.name.replace(/^\.\//, '').replace(/\/$/, '');
      const name = names.get(path);
      if (name === undefined) throw new PermanentError(`the archive from the machine holds ${path}, which was not asked for`, 'Give its files names without line breaks and backslashes.');
      await copy(entry, renamed.entry({ ...entry.header, name, pax: {} } as Header));
    }
    const failure = await fed;
    if (failure) throw failure;
    renamed.finalize();
  })();
  work.catch((error: unknown) => renamed.destroy(error as Error));
  return renamed as unknown as Readable;
}

async function* piecesOf(run: RunThere, temp: string, paths: readonly PackedPath[], follow: boolean, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const file = posix.join(temp, `archive-${randomUUID()}`);
  const options = signal ? { signal } : {};
  const stdin = paths.map(({ path }) => `.${path}\0`).join('');
  try {
    await run(['mkdir', '-p', '--', temp]);
    const how = ['--format=pax', '--no-recursion', '--hard-dereference', '--sparse-version=1.0', '--null', '--files-from=-', ...(follow ? ['--dereference'] : [])];
    await run(['tar', '--create', `--file=${file}`, '--directory=/', ...how], { ...options, stdin });
    for (let from = 1; ; from += PIECE_BYTES) {
      const piece = await run(['sh', '-c', 'tail -c "+$2" -- "$1" | head -c "$3"', 'sh', file, String(from), String(PIECE_BYTES)], options);
      if (piece.length > 0) yield piece;
      if (piece.length < PIECE_BYTES) return;
    }
  } finally {
    await run(['rm', '-f', '--', file]);
  }
}

/** What is written, by path, each with the name of an entry that is written there. */
interface Carried {
  readonly folders: Map<string, string>;
  readonly files: Map<string, string>;
}

/** Judged entry by entry on the way, carried whole, and looked at once more for symbolic links there before anything is written. */
export async function unpackThere(run: RunThere, temp: string, tar: Readable, options: UnpackOptions): Promise<void> {
  const file = posix.join(temp, `archive-${randomUUID()}`);
  const { signal, inside } = options;
  try {
    await run(['mkdir', '-p', '--', temp, ...inside]);
    const carried = await carry(run, file, tar, options);
    await refuseLinks(run, carried, inside);
    await makeWay(run, carried);
    await run(['tar', '--extract', `--file=${file}`, '--directory=/', '--no-same-owner', '--preserve-permissions', '--delay-directory-restore'], signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await run(['rm', '-f', '--', file]);
  }
}

async function carry(run: RunThere, file: string, tar: Readable, options: UnpackOptions): Promise<Carried> {
  const carried: Carried = { folders: new Map(), files: new Map() };
  const judge = new EntryJudge(options);
  const { signal } = options;
  const judged = pack();
  const entries = extract();
  const through = new PassThrough({ highWaterMark: PIECE_BYTES });
  const fed = pipeline(tar, entries, signal ? { signal } : {});
  const judging = (async () => {
    for await (const entry of entries as AsyncIterable<Entry>) {
      const place = judge.place(entry.header);
      if (!place || place.isRoot) {
        entry.resume();
        continue;
      }
      const { path, kind } = place;
      carried.folders.set(kind === 'folder' ? path : posix.dirname(path), entry.header.name);
      if (kind !== 'folder') carried.files.set(path, entry.header.name);
      const { mode, mtime, size, type, linkname } = entry.header;
      await copy(entry, judged.entry({ name: `.${path}`, mode: (mode ?? 0o644) & 0o777, mtime, size, type, linkname } as Header));
    }
    await fed;
    judged.finalize();
  })();
  judging.catch((error: unknown) => {
    judged.destroy(error as Error);
    entries.destroy();
  });
  fed.catch(() => undefined);
  const flowing = pipeline(judged as unknown as Readable, through);
  flowing.catch(() => undefined);
  try {
    await append(run, file, through, signal);
  } catch (error) {
    judged.destroy();
    await judging;
    throw error;
  }
  await judging;
  await flowing;
  return carried;
}

async function copy(entry: Entry, to: ReturnType<Pack['entry']>): Promise<void> {
  let wake = (): void => undefined;
  to.on('error', () => undefined).on('drain', () => wake()).on('close', () => wake());
  for await (const chunk of entry as AsyncIterable<Buffer>) {
    if (!to.write(chunk) && !to.destroyed) await new Promise<void>((resolve) => { wake = resolve; });
    if (to.destroyed) throw new TransientError('the archive was let go of while it was written');
  }
  to.end(undefined);
}

async function append(run: RunThere, file: string, stream: Readable, signal: AbortSignal | undefined): Promise<void> {
  let held: Buffer[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    await run(['sh', '-c', 'umask 077; cat >> "$1"', 'sh', file], { stdin: Buffer.concat(held), ...(signal ? { signal } : {}) });
    [held, bytes] = [[], 0];
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes >= PIECE_BYTES) await send();
  }
  await send();
}

async function refuseLinks(run: RunThere, { folders }: Carried, inside: readonly string[]): Promise<void> {
  const real = async (paths: readonly string[]) => {
    if (paths.length === 0) return [];
    const output = await run(['xargs', '-0', 'realpath', '-m', '-z', '--'], { stdin: listed(paths) });
    return output.toString().split('\0').slice(0, -1);
  };
  const roots = await real(inside);
  const places = await real([...folders.keys()]);
  for (const [at, [folder, name]] of [...folders].entries()) {
    const place = places[at]!;
    if (!roots.some((root) => place === root || isBelow(place, root))) throw throughLink({ name }, folder);
  }
}

/** `tar` replaces files and links, and stops where a folder has the place of a file, or a file that of a folder. */
async function makeWay(run: RunThere, { folders, files }: Carried): Promise<void> {
  const remove = async (test: string, paths: Iterable<string>) => {
    const program = `for path; do if ${test}; then rm -rf -- "$path"; fi; done`;
    await run(['xargs', '-0', 'sh', '-c', program, 'sh'], { stdin: listed([...paths]) });
  };
  await remove('[ -d "$path" ] && [ ! -L "$path" ]', files.keys());
  await remove('[ -e "$path" ] && [ ! -d "$path" ]', folders.keys());
}

function listed(paths: readonly string[]): string {
  return paths.map((path) => `${path}\0`).join('');
}
