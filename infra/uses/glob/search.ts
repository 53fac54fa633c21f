/** Walks what glob rules may take: once as code, asked at once (`searchNow`) or of a host (`search`). */
import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { posix } from 'node:path';
import type { FileEntry, Files } from '../files.js';
import { globMayTakeBelow, type GlobRule, globTakes, searchPaths } from './rules.js';

export interface SearchOptions {
  /** Goes through symbolic links of folders. @default false */
  readonly followLinks?: boolean;
  /** Leaves out what begins with a dot. @default false */
  readonly withoutHidden?: boolean;
  /** Folders that match are found too. @default true */
  readonly folders?: boolean;
  /** Asked at each thing that is looked at: throws to end the walk. */
  readonly check?: () => void;
}

export interface Found {
  readonly path: string;
  /** A symbolic link that is not followed is no folder. */
  readonly folder: boolean;
}

type Ask =
  | { readonly ask: 'entry'; readonly path: string; readonly follow: boolean }
  | { readonly ask: 'children'; readonly path: string }
  | { readonly ask: 'realpath'; readonly path: string };
type Answer = FileEntry | readonly string[] | string | undefined;

/** What the rules take on the host, depth first, by name. */
export async function search(files: Files, rules: readonly GlobRule[], options: SearchOptions = {}): Promise<readonly Found[]> {
  const found: Found[] = [];
  const walk = walking(rules, options, found);
  for (let step = walk.next(); !step.done;) step = walk.next(await answer(files, step.value));
  return found;
}

/** The same on this host, at once. */
export function searchNow(rules: readonly GlobRule[], options: SearchOptions = {}): readonly Found[] {
  const found: Found[] = [];
  const walk = walking(rules, options, found);
  for (let step = walk.next(); !step.done;) step = walk.next(answerNow(step.value));
  return found;
}

function* walking(rules: readonly GlobRule[], options: SearchOptions, found: Found[]): Generator<Ask, void, Answer> {
  const { followLinks: follow = false, withoutHidden, folders = true, check } = options;
  const left = searchPaths(rules).map((path) => ({ path, chain: [] as readonly string[] })).reverse();
  for (let item = left.pop(); item; item = left.pop()) {
    const { path, chain } = item;
    check?.();
    const below = globMayTakeBelow(rules, path);
    if (!below && !globTakes(rules, path, false) && !globTakes(rules, path, true)) continue;
    const entry = (yield { ask: 'entry', path, follow }) as FileEntry | undefined;
    if (!entry || (withoutHidden && posix.basename(path).startsWith('.'))) continue;
    const folder = entry.kind === 'folder';
    const real = folder && follow ? (yield { ask: 'realpath', path }) as string | undefined : path;
    // A link to a folder around it would never end.
    if (real === undefined || chain.includes(real)) continue;
    if (globTakes(rules, path, folder) && (folders || !folder)) found.push({ path, folder });
    if (!folder || !below) continue;
    const names = (yield { ask: 'children', path }) as readonly string[];
    left.push(...names.map((name) => ({ path: posix.join(path, name), chain: follow ? [...chain, real] : chain })).reverse());
  }
}

async function answer(files: Files, asked: Ask): Promise<Answer> {
  if (asked.ask === 'entry') return files.entry(asked.path, asked.follow);
  if (asked.ask === 'realpath') return files.realpath(asked.path);
  return (await files.children(asked.path)).map(({ name }) => name);
}

function answerNow(asked: Ask): Answer {
  if (asked.ask === 'children') return readdirSync(asked.path);
  if (asked.ask === 'realpath') return realpathSync(asked.path);
  const stats = statNow(asked.path, asked.follow);
  return stats && { name: posix.basename(asked.path), kind: stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : stats.isFile() ? 'file' : 'other' };
}

function statNow(path: string, follow: boolean): Stats | undefined {
  try {
    return (follow ? statSync : lstatSync)(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}
