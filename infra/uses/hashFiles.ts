/** `hashFiles()`: one hash of all files that the patterns take in the workspace, as GitHub's runner makes it. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { PermanentError } from '../errors.js';
import { isBelow, parseGlob } from './glob/rules.js';
import type { Files } from './files.js';
import { search, searchNow } from './glob/search.js';

const FOLLOW = '--follow-symbolic-links';
/** GitHub's. */
const LONGEST_MS = 120_000;
const CHUNK_BYTES = 1024 * 1024;

/**
 * SHA-256 of the SHA-256s of the files, in the order in which they are found, as hexadecimal; '' when there are none. What lies outside of the
 * workspace does not count. The first pattern may be `--follow-symbolic-links`.
 * @param workspace absolute, on this host
 * @throws InvalidInputError for a pattern that is none; PermanentError when a file cannot be read, or after 2 minutes
 */
export function hashFilesNow(patterns: readonly string[], workspace: string): string {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const check = deadline(patterns);
  const digests = filesOf(patterns, workspace, check).map((path) => reading(path, () => {
    check();
    return digest(path, buffer);
  }));
  return digestOf(digests);
}

/** The same, while other work goes on; the signal ends it. @throws as `hashFilesNow`; the signal's reason */
export async function hashFiles(patterns: readonly string[], workspace: string, signal?: AbortSignal): Promise<string> {
  const check = deadline(patterns);
  const digests: Buffer[] = [];
  for (const path of filesOf(patterns, workspace, check)) {
    check();
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash, { signal }).catch((error: unknown) => reading(path, () => {
      signal?.throwIfAborted();
      throw error;
    }));
    digests.push(hash.digest());
  }
  return digestOf(digests);
}

/**
 * The same of another host's files.
 * @param sums gives the SHA-256 of each file there, in their order
 * @throws as `hashFilesNow`; errors of the host
 */
export async function hashFilesThere(patterns: readonly string[], { workspace, files, sums }: {
  readonly workspace: string; readonly files: Files; readonly sums: (paths: readonly string[]) => Promise<readonly Buffer[]>;
}): Promise<string> {
  const { followLinks, rules } = rulesOf(patterns, workspace, await files.home());
  const found = (await search(files, rules, { followLinks, folders: false, check: deadline(patterns) })).filter(({ path }) => isBelow(path, workspace));
  const paths = await Promise.all(found.map(async ({ path }) => ((await files.entry(path, true))?.kind === 'folder' ? [] : [path])));
  return digestOf(await sums(paths.flat()));
}

function rulesOf(patterns: readonly string[], workspace: string, home: string): { readonly followLinks: boolean; readonly rules: ReturnType<typeof parseGlob> } {
  const followLinks = patterns[0]?.toLowerCase() === FOLLOW;
  return { followLinks, rules: parseGlob((followLinks ? patterns.slice(1) : patterns).join('\n'), { root: workspace, home }) };
}

function filesOf(patterns: readonly string[], workspace: string, check: () => void): readonly string[] {
  const { followLinks, rules } = rulesOf(patterns, workspace, homedir());
  const found = searchNow(rules, { followLinks, folders: false, check }).filter(({ path }) => isBelow(path, workspace));
  return found.map(({ path }) => path).filter((path) => !reading(path, () => statSync(path)).isDirectory());
}

function digest(path: string, buffer: Buffer): Buffer {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) hash.update(buffer.subarray(0, read));
    return hash.digest();
  } finally {
    closeSync(file);
  }
}

function digestOf(digests: readonly Buffer[]): string {
  return digests.length === 0 ? '' : createHash('sha256').update(Buffer.concat(digests)).digest('hex');
}

function deadline(patterns: readonly string[]): () => void {
  const end = performance.now() + LONGEST_MS;
  return () => {
    if (performance.now() < end) return;
    throw new PermanentError(`hashFiles(${patterns.join(', ')}) was not done after ${LONGEST_MS / 1000} s`, 'Give it patterns that take fewer files.');
  };
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new PermanentError(`hashFiles could not read ${path}: ${error.message}`, 'Mend the file or link, or leave it out with a pattern that begins with "!".', { cause: error });
  }
}
