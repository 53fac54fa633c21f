/** What the actions that keep artifacts do with the files that they have found. */
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInputError } from '../../errors.js';
import { writeArchive } from '../archive.js';
import type { BuiltInInput, BuiltInResult } from '../builtInAction.js';
import type { PackedPath } from '../files.js';
import { parseGlob, searchPaths } from '../glob/rules.js';
import { search } from '../glob/search.js';
import { type Artifact, artifactArchive, keepArtifact } from './store.js';

const NOT_IN_PATHS = /["<>|*?:\r\n]/;

interface Kept extends Pick<Artifact, 'name' | 'plain'> {
  readonly overwrite: boolean;
  readonly level: number;
}

/** @throws InvalidInputError for a path that no artifact may have, and what `keepArtifact` and `writeArchive` throw */
export async function keepFiles({ level, ...about }: Kept, paths: readonly PackedPath[], { run, step, files, signal, log }: BuiltInInput): Promise<BuiltInResult> {
  const bad = paths.find((one) => NOT_IN_PATHS.test(one.name));
  if (bad) throw new InvalidInputError(`the path ${JSON.stringify(bad.name)} cannot be in an artifact`, 'Rename it: " : < > | * ? and line breaks are not allowed.');
  const write = (file: string) => writeArchive(file, files, paths, { follow: true, level, signal });
  const artifact = await keepArtifact(run, { ...about, step }, write, signal);
  log(`artifact ${artifact.name} has ${paths.length} files, ${artifact.size} bytes, SHA-256 ${artifact.digest}`);
  return outputsOf(artifact, { run });
}

export function outputsOf(artifact: Artifact, { run }: Pick<BuiltInInput, 'run'>): BuiltInResult {
  const url = pathToFileURL(artifactArchive(run, artifact)).href;
  return { outputs: { 'artifact-id': String(artifact.id), 'artifact-url': url, 'artifact-digest': artifact.digest } };
}

/** @throws InvalidInputError */
export function validName(name: string): string {
  if (!NOT_IN_PATHS.test(name) && !/[\\/]/.test(name)) return name;
  throw new InvalidInputError(`${JSON.stringify(name)} is no name of an artifact`, 'Leave out " : < > | * ? \\ / and line breaks.');
}

/** Named from the folder that all search paths have in common. */
export async function filesBelow(path: string, hidden: boolean, { files, workspace }: BuiltInInput): Promise<readonly PackedPath[]> {
  const rules = parseGlob(path, { root: workspace, home: await files.home() });
  const found = (await search(files, rules, { followLinks: true, withoutHidden: !hidden, folders: false })).map((one) => one.path);
  const roots = searchPaths(rules);
  const single = roots.length === 1 && found.length === 1 && found[0] === roots[0];
  const root = single ? posix.dirname(roots[0]!) : roots.reduce(commonFolder, roots[0] ?? workspace);
  return found.map((one) => ({ path: one, name: posix.relative(root, one) }));
}

function commonFolder(a: string, b: string): string {
  const [left, right] = [a.split('/'), b.split('/')];
  const differs = left.findIndex((part, at) => part !== right[at]);
  return left.slice(0, differs < 0 ? left.length : differs).join('/') || '/';
}

/** Does what the input `if-no-files-found` says. @throws InvalidInputError */
export function nothingFound(text: string, { inputs, log }: Pick<BuiltInInput, 'inputs' | 'log'>): BuiltInResult {
  const what = inputs['if-no-files-found'] ?? '';
  if (what === 'error') throw new InvalidInputError(text, 'Mend the path, or write if-no-files-found: warn.');
  if (what !== 'warn' && what !== 'ignore') throw new InvalidInputError(`the input "if-no-files-found" is ${JSON.stringify(what)}`, 'Write warn, error or ignore.');
  log(what === 'warn' ? `warning: ${text}` : text);
  return { outputs: {} };
}

/** Of an input `compression-level`. @throws InvalidInputError */
export function levelOf(text: string): number {
  const level = text.trim() === '' ? 6 : Number(text);
  if (Number.isInteger(level) && level >= 0 && level <= 9) return level;
  throw new InvalidInputError(`the input "compression-level" is ${JSON.stringify(text)}`, 'Write a number from 0 to 9.');
}
