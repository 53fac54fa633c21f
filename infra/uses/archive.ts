/** Archives of files in a store on this host: a draft until it is whole, checked when it is read. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { PermanentError } from '../errors.js';
import type { Files, PackedPath, UnpackOptions } from './files.js';

export interface WrittenArchive {
  /** SHA-256 of the archive, hexadecimal. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export interface ArchiveOptions {
  readonly follow: boolean;
  /** 0 to 9 of gzip; undefined for none. */
  readonly level?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Packs the paths of a host into a new file here. @throws PermanentError when it cannot be written or read; the signal's reason */
export async function writeArchive(file: string, files: Files, paths: readonly PackedPath[], { follow, level, signal }: ArchiveOptions): Promise<WrittenArchive> {
  const hash = createHash('sha256');
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  const zip = level === undefined ? [] : [createGzip({ level })];
  await failing(`the archive ${file} could not be written`, signal, () => pipeline([files.pack(paths, { follow, signal }), ...zip, tap(hash), output], signal ? { signal } : {}));
  return { digest: hash.digest('hex'), size: (await stat(file)).size };
}

/** @throws InvalidInputError for an entry that leaves its folder; PermanentError when the archive is damaged */
export async function readArchive(file: string, written: WrittenArchive & { readonly gzip: boolean }, files: Files, options: UnpackOptions): Promise<void> {
  const { signal } = options;
  const hash = createHash('sha256');
  const tar = written.gzip ? createGunzip() : tap();
  const damaged = `the archive ${file} is damaged`;
  const fed = pipeline([createReadStream(file, { highWaterMark: 1024 * 1024 }), tap(hash), tar], signal ? { signal } : {}).then(() => undefined, (error: unknown) => error);
  await failing(damaged, signal, async () => {
    try {
      await files.unpack(tar, options);
    } finally {
      tar.destroy();
    }
  });
  if (await fed || hash.digest('hex') !== written.digest) throw new PermanentError(damaged, 'Make it anew: run the job that made it.');
}

function tap(hash?: { update(chunk: Buffer): unknown }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash?.update(chunk);
      done(null, chunk);
    },
  });
}

async function failing<T>(what: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof PermanentError) throw error;
    throw new PermanentError(`${what}: ${(error as Error).message}`, 'Make room on the disk, or make the archive anew.', { cause: error });
  }
}

