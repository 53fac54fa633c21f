/**
 * GitHub's glob patterns (those of `hashFiles`, artifacts and caches): `*`, `?`, `[a-z]`, `**`, `!` for all that it takes away, `#` for comments, `~`,
 * and every folder that matches brings what is in it. The rules of record are those of `@actions/glob`, which asks the process's own folder and
 * host alone, prints to standard output, and cannot answer at once.
 */
import { posix } from 'node:path';
import { Minimatch } from 'minimatch';
import { InvalidInputError } from '../../errors.js';

export interface GlobOptions {
  /** What relative patterns are relative to: absolute. */
  readonly root: string;
  /** Of `~`. */
  readonly home: string;
  /** A folder that matches brings all that is in it. @default true */
  readonly descendants?: boolean;
}

export interface GlobRule {
  readonly negate: boolean;
  /** Whether it says something of what stands at the path. */
  matches(path: string, folder: boolean): boolean;
  /** Whether something below the folder may match. */
  mayMatchBelow(path: string): boolean;
  /** The path before the first wildcard. */
  readonly searchPath: string;
}

const OPTIONS = { dot: true, nobrace: true, nocase: false, nocomment: true, noext: true, nonegate: true, platform: 'linux' } as const;

/** @param patterns one a line @throws InvalidInputError for a pattern with a `..` or a `.` in it */
export function parseGlob(patterns: string, options: GlobOptions): readonly GlobRule[] {
  const lines = patterns.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => parseRule(line, options));
}

/** Whether the rules, the later over the earlier, take what stands at the path. */
export function globTakes(rules: readonly GlobRule[], path: string, folder: boolean): boolean {
  return rules.reduce((taken, rule) => (rule.matches(path, folder) ? !rule.negate : taken), false);
}

export function globMayTakeBelow(rules: readonly GlobRule[], path: string): boolean {
  return rules.some((rule) => !rule.negate && rule.mayMatchBelow(path));
}

/** Where to look: no path is below another one. */
export function searchPaths(rules: readonly GlobRule[]): readonly string[] {
  const paths = [...new Set(rules.filter(({ negate }) => !negate).map(({ searchPath }) => searchPath))];
  return paths.filter((path) => !paths.some((other) => other !== path && isBelow(path, other)));
}

/** Whether the path is in the folder, and not the folder itself. */
export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`) && path !== folder;
}

function parseRule(line: string, options: GlobOptions): GlobRule {
  const marks = /^(?:!\s*)*/.exec(line)![0];
  const negate = marks.replaceAll(/\s/g, '').length % 2 === 1;
  const pattern = absolute(line.slice(marks.length), options);
  const foldersOnly = pattern.endsWith('/') && pattern !== '/';
  const trimmed = foldersOnly ? pattern.slice(0, -1) : pattern;
  const below = trimmed.endsWith('/**');
  const own = new Minimatch(trimmed, OPTIONS);
  const inside = options.descendants === false || (below && !foldersOnly) ? undefined : new Minimatch(`${trimmed === '/' ? '' : trimmed}/**`, OPTIONS);
  return {
    negate,
    searchPath: literalPath(trimmed),
    matches: (path, folder) => ((folder || !foldersOnly) && own.match(below ? `${path}/` : path)) || (inside?.match(path) ?? false),
    mayMatchBelow: (path) => own.match(path, true) || (inside?.match(path, true) ?? false),
  };
}

function absolute(pattern: string, { root, home }: GlobOptions): string {
  const clean = pattern.replaceAll(/\/{2,}/g, '/');
  const wrong = clean === '' || clean.split('/').some((segment, at) => literal(segment) === '..' || (literal(segment) === '.' && at > 0));
  if (wrong) throw new InvalidInputError(`the pattern ${JSON.stringify(pattern)} has a "." or ".." in it`, 'Write it from the workspace on, or as an absolute path.');
  if (clean.startsWith('/')) return clean;
  if (clean === '~' || clean.startsWith('~/')) return escape(home) + clean.slice(1);
  if (clean === '.' || clean.startsWith('./')) return escape(root) + clean.slice(1);
  return `${root === '/' ? '' : escape(root)}/${clean}`;
}

function literalPath(pattern: string): string {
  const segments = pattern.split('/').slice(1).map(literal);
  const end = segments.indexOf(undefined);
  return posix.join('/', ...(end < 0 ? segments : segments.slice(0, end)) as string[]);
}

/** What a segment stands for when it has no wildcard: `[*]` and `\*` are a `*`. */
function literal(segment: string): string | undefined {
  const plain = segment.replace(/\\([\s\S])|\[(\\[\s\S]|[^\]\\])\]|([*?]|\[[^\]]+\])/g, (_, escaped?: string, single?: string, wild?: string) =>
    wild === undefined ? escaped ?? single!.replace(/^\\/, '') : '\0');
  return plain.includes('\0') ? undefined : plain;
}

function escape(path: string): string {
  return path.replaceAll('\\', '\\\\').replaceAll(/\[(?=[^/]+\])/g, '[[]').replaceAll('?', '[?]').replaceAll('*', '[*]');
}
