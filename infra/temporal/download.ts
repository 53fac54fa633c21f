/** Temporal's own download of its CLI, as its SDKs ask for it. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { TransientError } from '../errors.js';
import type { AcquireOptions } from './acquire.js';

/** What the download's index answers. */
interface ArchiveInfo {
  readonly archiveUrl: string;
  readonly fileToExtract: string;
}

export const DOWNLOAD_INDEX = 'https://temporal.download/cli/';

const INDEX_TIMEOUT_MS = 10_000;
/** Milliseconds without a byte after which a download is given up. */
const STALL_TIMEOUT_MS = 15_000;

/**
 * Puts the executable at `target`, whole or not at all.
 * @param version `v1.5.1`
 * @param index where to ask. @default DOWNLOAD_INDEX
 * @throws TransientError within about 10 s when it cannot be reached, 15 s after the last byte when it stops
 */
export async function downloadTemporal(target: string, version: string, options: AcquireOptions = {}, index = DOWNLOAD_INDEX): Promise<void> {
  const draft = `${target}.download-${process.pid}`;
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  try {
    const info = await askIndex(new URL(version, index), options.signal);
    options.onProgress?.('downloading the Temporal server (about 60 MB, once)');
    await fetchInto(draft, info, options.signal);
    await rename(draft, target);
  } finally {
    await rm(draft, { force: true });
  }
}

async function askIndex(url: URL, signal: AbortSignal | undefined): Promise<ArchiveInfo> {
  url.search = new URLSearchParams({ platform: process.platform, arch: goArch(), format: 'tar.gz' }).toString();
  const deadline = AbortSignal.timeout(INDEX_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const info = (await response.json()) as Partial<ArchiveInfo>;
    if (!info.archiveUrl || !info.fileToExtract) throw new Error('it answered no archive');
    return { archiveUrl: info.archiveUrl, fileToExtract: info.fileToExtract };
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(url.host, error);
  }
}

async function fetchInto(file: string, info: ArchiveInfo, signal: AbortSignal | undefined): Promise<void> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${STALL_TIMEOUT_MS / 1000} s`)), STALL_TIMEOUT_MS);
  const both = signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal;
  try {
    const response = await fetch(info.archiveUrl, { signal: both });
    if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`);
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
    await unpack(tapped(body, () => timer.refresh()), info.fileToExtract, file, both);
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(new URL(info.archiveUrl).host, stalled.signal.aborted ? stalled.signal.reason : error);
  } finally {
    clearTimeout(timer);
  }
}

async function* tapped(chunks: AsyncIterable<Buffer>, onChunk: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onChunk();
    yield chunk;
  }
}

/** Writes the one file of the archive that is asked for; its own name or path is used for nothing. */
async function unpack(archive: AsyncIterable<Buffer>, wanted: string, file: string, signal: AbortSignal): Promise<void> {
  const entries = extract();
  const unpacking = pipeline(archive, createGunzip(), entries, { signal });
  const reading = (async () => {
    let found = false;
    for await (const entry of entries) {
      if (entry.header.name !== wanted) entry.resume();
      else {
        await pipeline(entry, createWriteStream(file, { mode: 0o755 }));
        found = true;
      }
    }
    if (!found) throw new Error(`the archive holds no ${wanted}`);
  })();
  await Promise.all([unpacking, reading]);
}

function unreachable(host: string, error: unknown): TransientError {
  const { message, cause } = error as Error;
  const why = error instanceof DOMException && error.name === 'TimeoutError' ? `no answer in ${INDEX_TIMEOUT_MS / 1000} s` : message;
  return new TransientError(`${host}: ${why}${cause instanceof Error ? ` (${cause.message})` : ''}`, { cause: error });
}

/** This machine's processor as Go and Temporal call it. */
export function goArch(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
