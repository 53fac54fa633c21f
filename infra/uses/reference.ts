/** What `uses:` of a step says, taken apart. */
import { isOwn, ownPath, ownProblem } from '../../language/usesOwn.js';
import { InvalidInputError } from '../errors.js';

export interface LocalReference {
  readonly kind: 'local';
  /** Relative to the workspace, as written: `./actions/build`. */
  readonly path: string;
}

export interface OwnReference {
  readonly kind: 'own';
  /** In the repository of the file that says `$/`. */
  readonly path: string;
}

export interface ImageReference {
  readonly kind: 'image';
  /** With its `docker://`. */
  readonly image: string;
}

export interface RepositoryReference {
  readonly kind: 'repository';
  readonly owner: string;
  readonly repo: string;
  /** In the repository; '' for its root. */
  readonly path: string;
  /** A branch, a tag, or a commit's whole hash. */
  readonly ref: string;
}

export type UsesReference = LocalReference | OwnReference | ImageReference | RepositoryReference;

const FORMS = 'Write ./PATH, $/PATH, OWNER/REPO@REF, OWNER/REPO/PATH@REF or docker://IMAGE.';
const NAME = /^[A-Za-z0-9_.][\w.-]*$/;

/** @throws InvalidInputError for what names no action, and for what git would take as an option or a pattern */
export function parseUses(uses: string): UsesReference {
  if (uses.includes('\0') || uses.includes('\n')) throw wrong(uses, 'it holds a line break or a NUL character');
  if (uses.startsWith('docker://')) return parseImage(uses);
  if (uses.startsWith('./') || uses === '.' || uses.startsWith('.\\')) return { kind: 'local', path: uses.replaceAll('\\', '/') };
  if (isOwn(uses)) return parseOwn(uses);
  const at = uses.indexOf('@');
  if (at < 0) throw wrong(uses, 'it has no @REF');
  const [names, ref] = [uses.slice(0, at).split('/'), uses.slice(at + 1)];
  const [owner = '', repo = '', ...path] = names;
  if (!isName(owner) || !isName(repo)) throw wrong(uses, 'OWNER/REPO has letters, digits, "-", "_" and "."');
  const folders = path.filter((folder) => folder !== '');
  if (folders.some((folder) => folder === '.' || folder === '..')) throw wrong(uses, 'its path leaves the repository');
  checkRef(ref, uses);
  return { kind: 'repository', owner, repo, path: folders.join('/'), ref };
}

/** Whether the ref is a commit's whole hash (SHA-1, or SHA-256 in newer repositories). */
export function isCommit(ref: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(ref);
}

/**
 * Refuses what git would read as an option, a pattern or a range.
 * @see git-check-ref-format(1)
 * @throws InvalidInputError
 */
export function checkRef(ref: string, where: string): void {
  if (ref === '') throw wrong(where, 'its REF is empty');
  if (ref.startsWith('-')) throw wrong(where, 'its REF begins with "-"');
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$|^\//.test(ref)) throw wrong(where, `git has no branch or tag named ${JSON.stringify(ref)}`);
}

function parseOwn(uses: string): OwnReference {
  const problem = ownProblem(uses);
  if (problem !== undefined) throw wrong(uses, problem);
  return { kind: 'own', path: ownPath(uses) };
}

function parseImage(uses: string): ImageReference {
  const image = uses.slice('docker://'.length);
  if (!/^[A-Za-z0-9][\w.:/@-]*$/.test(image)) throw wrong(uses, 'the name of its image is none');
  return { kind: 'image', image: uses };
}

function isName(name: string): boolean {
  return NAME.test(name) && name !== '.' && name !== '..';
}

function wrong(uses: string, why: string): InvalidInputError {
  return new InvalidInputError(`uses: ${JSON.stringify(uses.slice(0, 200))} names no action: ${why}`, FORMS);
}
