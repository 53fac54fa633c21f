/** The action in a folder: its metadata, or its Dockerfile. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { formatDiagnostic } from '../../language/diagnostics.js';
import { imageAction, parseUsesAction, type UsesAction } from '../../language/usesAction.js';
import { InvalidInputError, PermanentError } from '../errors.js';

export interface ActionInFolder {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  readonly action: UsesAction;
  /** What of its metadata is passed over, a line each. */
  readonly warnings: readonly string[];
}

const METADATA = ['action.yml', 'action.yaml'];
const DOCKERFILES = ['Dockerfile', 'dockerfile'];

/**
 * @param root what nothing of the action may lie outside of, symbolic links followed
 * @param folder in it
 * @param uses what `uses:` says, for messages
 * @returns undefined when the folder, or an action in it, is not there
 * @throws InvalidInputError when it lies outside of the root, or its metadata is wrong
 */
export function readActionFolder(root: string, folder: string, uses: string): ActionInFolder | undefined {
  const inside = within(root, folder, uses);
  if (inside === undefined || !statSync(inside).isDirectory()) return undefined;
  for (const name of METADATA) {
    const file = within(root, join(inside, name), uses);
    if (file === undefined) continue;
    const { action, diagnostics, warnings } = parseUsesAction(readFileSync(file, 'utf8'), `${uses}: ${name}`);
    if (!action) throw new InvalidInputError(`the action ${uses} cannot be run:\n${diagnostics.map(formatDiagnostic).join('\n')}`, `Mend its ${name}.`);
    checkFiles(action, root, inside, uses);
    return { folder: inside, action, warnings: warnings.map(formatDiagnostic) };
  }
  const dockerfile = DOCKERFILES.find((name) => within(root, join(inside, name), uses) !== undefined);
  return dockerfile === undefined ? undefined : { folder: inside, action: imageAction(uses, dockerfile), warnings: [] };
}

/** The error when `readActionFolder` gives nothing. */
export function noAction(uses: string, where: string, remedy: string): PermanentError {
  return new PermanentError(`there is no action.yml, action.yaml or Dockerfile for ${uses} in ${where}`, remedy);
}

/** The path without symbolic links; undefined when nothing is there. @throws InvalidInputError when it lies outside of the root */
function within(root: string, path: string, uses: string): string | undefined {
  const [realRoot, real] = [realpath(root), realpath(path)];
  if (realRoot === undefined || real === undefined) return undefined;
  const away = relative(realRoot, real);
  if (away !== '..' && !away.startsWith(`..${sep}`)) return real;
  throw new InvalidInputError(`uses: ${JSON.stringify(uses)} leads out of ${root}, to ${real}`, 'An action lies in the workspace or its repository, symbolic links followed.');
}

/** What the action runs may be missing until it is built; what is there must not lead out. */
function checkFiles({ runs }: UsesAction, root: string, folder: string, uses: string): void {
  const files = runs.using === 'node' ? [runs.main, runs.pre, runs.post]
    : runs.using === 'docker' && !runs.image.startsWith('docker://') ? [runs.image] : [];
  for (const file of files) {
    if (file === undefined) continue;
    if (relative(realpath(root) ?? root, join(folder, file)).split(sep)[0] === '..') {
      throw new InvalidInputError(`${uses} runs ${JSON.stringify(file)}, which lies outside of its repository`, 'Mend its action.yml.');
    }
    within(root, join(folder, file), uses);
  }
}

function realpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}
