/** Caches of repositories, in the user's cache: an archive for each key and set of paths, never changed once it is whole. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../paths.js';
import { folderName } from '../../script/folders.js';
import type { WrittenArchive } from '../archive.js';

export interface CacheEntry extends WrittenArchive {
  readonly key: string;
  /** Of the paths: a cache of other paths is another one. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly folder: string;
}

/** GitHub's limit for a repository: beyond it, what was used longest ago goes. Bytes. */
const MOST_BYTES = 10 * 1024 ** 3;
const ARCHIVE = 'files.tar';
const ABOUT = 'cache.json';

/** The folder of a repository's caches. @param repository `owner/repo`, or the path of its checkout */
export function cachesOf(repository: string): string {
  return cacheDir('caches', folderName(repository.toLowerCase()));
}

export function cacheVersion(paths: readonly string[]): string {
  return createHash('sha256').update(paths.join('\n')).digest('hex').slice(0, 16);
}

/** The key itself, then the newest whose key begins with it; then the same for each of the other keys, in their order. */
export function findCache(caches: string, keys: readonly string[], version: string): CacheEntry | undefined {
  const all = list(caches).filter((entry) => entry.version === version).sort((a, b) => b.createdAt - a.createdAt);
  for (const key of keys) {
    const entry = all.find((one) => one.key === key) ?? all.find((one) => one.key.startsWith(key));
    if (entry) return entry;
  }
  return undefined;
}

export function cacheArchive({ folder }: CacheEntry): string {
  return join(folder, ARCHIVE);
}

/** It was used: it stays longer. */
export function touchCache({ folder }: CacheEntry): void {
  utimesSync(folder, new Date(), new Date());
}

/** Keeps what `write` puts into a new file. @returns false when there is one of that key already @throws what `write` throws */
export async function keepCache(caches: string, key: string, version: string, write: (file: string) => Promise<WrittenArchive>): Promise<boolean> {
  const place = join(caches, `${folderName(key)}-${version}`);
  if (existsSync(place)) return false;
  const draft = join(caches, `.draft-${randomUUID()}`);
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  try {
    const written = await write(join(draft, ARCHIVE));
    writeFileSync(join(draft, ABOUT), JSON.stringify({ key, version, createdAt: Date.now(), ...written }), { mode: 0o600 });
    return rename(draft, place);
  } finally {
    rmSync(draft, { recursive: true, force: true });
    evict(caches);
  }
}

/** The first one of two that make the same is kept. */
function rename(draft: string, place: string): boolean {
  try {
    renameSync(draft, place);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

function evict(caches: string): void {
  const all = list(caches).map((entry) => ({ ...entry, used: statSync(entry.folder, { throwIfNoEntry: false })?.mtimeMs ?? 0 })).sort((a, b) => b.used - a.used);
  let bytes = 0;
  for (const [at, { folder, size }] of all.entries()) {
    bytes += size;
    if (bytes > MOST_BYTES && at > 0) rmSync(folder, { recursive: true, force: true });
  }
}

function list(caches: string): readonly CacheEntry[] {
  const names = existsSync(caches) ? readdirSync(caches).filter((name) => !name.startsWith('.')) : [];
  return names.flatMap((name) => {
    const folder = join(caches, name);
    try {
      return [{ ...(JSON.parse(readFileSync(join(folder, ABOUT), 'utf8')) as Omit<CacheEntry, 'folder'>), folder }];
    } catch {
      return [];
    }
  });
}
