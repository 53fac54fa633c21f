/** What each ref of a repository was when it was last looked up: for work without a network, and to notice a tag that moved. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

export interface SeenRef {
  readonly commit: string;
  readonly kind: 'tag' | 'branch' | 'other';
  /** When it was first seen at this commit: ISO 8601. */
  readonly since: string;
}

/** @param folder the repository's in the cache @param url tells repositories of one name apart */
export function seenRef(folder: string, url: string, ref: string): SeenRef | undefined {
  return readAll(folder).get(key(url, ref));
}

/** Called with the repository's lock held. */
export function noteRef(folder: string, url: string, ref: string, seen: Omit<SeenRef, 'since'>): void {
  const all = readAll(folder);
  if (all.get(key(url, ref))?.commit === seen.commit) return;
  all.set(key(url, ref), { ...seen, since: new Date().toISOString() });
  const draft = `${file(folder)}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(Object.fromEntries(all)), { mode: 0o600 });
  renameSync(draft, file(folder));
}

function readAll(folder: string): Map<string, SeenRef> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file(folder), 'utf8')) as Record<string, SeenRef>));
  } catch {
    // Nothing was seen yet, or the file is torn: it can be made again.
    return new Map();
  }
}

function key(url: string, ref: string): string {
  return `${url} ${ref}`;
}

function file(folder: string): string {
  return join(folder, 'refs.json');
}
