/**
 * Finds the action that `uses:` names: in the workspace, in the run's own repository, in a git repository, or as an image.
 *
 * 1. A branch or tag is looked up each time; what it was is kept, for work without a network, and a tag that moved is said.
 * 2. A commit is fetched once for all runs of this user; its whole hash needs no network then.
 * 3. Nothing of an action is run here.
 */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Home } from '../../language/usesOwn.js';
import { imageAction, type UsesAction } from '../../language/usesAction.js';
import { TransientError } from '../errors.js';
import { withLock } from '../lock.js';
import type { ProgressListener } from '../progressListener.js';
import { type ActionInFolder, noAction, readActionFolder } from './actionFolder.js';
import { fetchCommit, fetchedCommit } from './fetchCommit.js';
import { isCommit, type LocalReference, type OwnReference, parseUses, type RepositoryReference } from './reference.js';
import { lookUpRef } from './remoteRefs.js';
import { noteRef, seenRef } from './seenRefs.js';
import { type UsesSettings, usesSettings } from './settings.js';

export interface ResolveRequest {
  /** What the step says. */
  readonly uses: string;
  /** The job's workspace on this host: where `./` is looked for first. */
  readonly workspace: string;
  /** What the workspace is called in messages. @default its path */
  readonly shown?: string | undefined;
  /** The checkout of the run's repository: where `$/` is looked for, and `./` when the workspace does not have it. */
  readonly repository?: string | undefined;
  /** What that checkout is of. */
  readonly own?: Home | undefined;
  /** @default from the environment */
  readonly settings?: UsesSettings | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what is fetched. */
  readonly onProgress?: ProgressListener | undefined;
}

export interface ResolvedAction {
  /** What `uses:` says. */
  readonly name: string;
  /** `owner/repo`; none of an action in the workspace. */
  readonly repository?: string;
  /** As written: `v4`. */
  readonly ref?: string;
  readonly commit?: string;
  /** Absolute, and not to be written to. '' for an image. */
  readonly folder: string;
  readonly action: UsesAction;
  /** For the step's log, a line each. */
  readonly warnings: readonly string[];
}

/** Other jobs may fetch the same repository at this moment. */
const LOCK_MS = 600_000;

/**
 * @throws InvalidInputError for what names no action, leads out of its folder, or is no action that can be run
 * @throws PermanentError when repository, ref or action is not there, or git is not
 * @throws TransientError when the repository cannot be reached and nothing was fetched before
 */
export async function resolveUses(request: ResolveRequest): Promise<ResolvedAction> {
  const reference = parseUses(request.uses);
  if (reference.kind === 'image') return { name: request.uses, folder: '', action: imageAction(request.uses, reference.image), warnings: [] };
  if (reference.kind === 'local') return { name: request.uses, ...findLocal(reference, request) };
  if (reference.kind === 'own') return { name: request.uses, ...findOwn(reference, request) };
  return resolveRepository(reference, request);
}

/**
 * What to write so that the action stays what it is now: `actions/checkout@<commit> # v4`.
 * @returns undefined for what is pinned already, is local, or is an image
 * @throws as `resolveUses`
 */
export async function pinnedReference(uses: string, options: Pick<ResolveRequest, 'settings' | 'signal'> = {}): Promise<string | undefined> {
  const reference = parseUses(uses);
  if (reference.kind !== 'repository' || isCommit(reference.ref)) return undefined;
  const { owner, repo, path, ref } = reference;
  const source = sourceOf(reference, options.settings ?? usesSettings());
  if (source.kind === 'folder') return undefined;
  const { commit } = await lookUpRef(`${owner}/${repo}`, source.url, ref, options.signal);
  return `${[owner, repo, ...(path ? [path] : [])].join('/')}@${commit} # ${ref}`;
}

function findLocal({ path }: LocalReference, { uses, workspace, shown = workspace, repository }: ResolveRequest): ActionInFolder {
  const roots = [workspace, ...(repository === undefined ? [] : [repository])];
  for (const root of roots) {
    const found = existsSync(root) ? readActionFolder(root, resolve(root, path), uses) : undefined;
    if (found) return found;
  }
  throw noAction(uses, [shown, ...roots.slice(1)].join(' or '), 'Mend the path, or check the repository out before the step.');
}

/** Where no checkout is known, the workspace is the repository. */
function findOwn({ path }: OwnReference, { uses, workspace, shown = workspace, repository, own }: ResolveRequest): ActionInFolder & Partial<Home> {
  const root = repository ?? workspace;
  const found = existsSync(root) ? readActionFolder(root, join(root, path), uses) : undefined;
  if (found) return { ...own, ...found };
  throw noAction(uses, repository ?? shown, 'Mend the path: it is written from the root of the repository.');
}

async function resolveRepository(reference: RepositoryReference, request: ResolveRequest): Promise<ResolvedAction> {
  const { owner, repo, path, ref } = reference;
  const repository = `${owner}/${repo}`;
  const settings = request.settings ?? usesSettings();
  const source = sourceOf(reference, settings);
  const from = source.kind === 'folder' ? { root: source.path, warnings: [] } : await fetched(reference, source.url, settings, request);
  const found = readActionFolder(from.root, join(from.root, path), request.uses);
  if (!found) throw noAction(request.uses, path ? `the folder ${path} of ${repository}@${ref}` : `${repository}@${ref}`, 'Mend the path, or the ref.');
  const commit = 'commit' in from ? { commit: from.commit } : {};
  return { name: request.uses, repository, ref, ...commit, ...found, warnings: [...from.warnings, ...found.warnings] };
}

type Source = { readonly kind: 'folder'; readonly path: string } | { readonly kind: 'git'; readonly url: string };

function sourceOf({ owner, repo, ref }: RepositoryReference, { url, folder }: UsesSettings): Source {
  if (folder) {
    const [exact, any] = [join(folder, owner, `${repo}@${ref}`), join(folder, owner, repo)];
    if (isFolder(exact)) return { kind: 'folder', path: exact };
    if (isFolder(any)) return isGit(any) ? { kind: 'git', url: resolve(any) } : { kind: 'folder', path: any };
  }
  return { kind: 'git', url: `${url}/${owner}/${repo}` };
}

interface Fetched {
  readonly root: string;
  readonly commit: string;
  readonly warnings: readonly string[];
}

async function fetched(reference: RepositoryReference, url: string, settings: UsesSettings, request: ResolveRequest): Promise<Fetched> {
  const { owner, repo, ref } = reference;
  const what = `${owner}/${repo}`;
  const folder = join(settings.cache, owner.toLowerCase(), repo.toLowerCase());
  const { signal, onProgress } = request;
  const get = (commit: string) => withLock(join(folder, 'lock'), () => fetchCommit({ what, url, commit, ref, folder, signal, onProgress }), {
    timeoutMs: LOCK_MS, signal, onWait: (pid) => onProgress?.(`waiting for process ${pid}, which fetches ${what}`),
  });
  if (isCommit(ref)) {
    const commit = ref.toLowerCase();
    return { commit, root: fetchedCommit(folder, commit) ?? await get(commit), warnings: [] };
  }
  const before = seenRef(folder, url, ref);
  try {
    const { commit, kind } = await lookUpRef(what, url, ref, signal);
    const root = fetchedCommit(folder, commit) ?? await get(commit);
    if (before?.commit !== commit) await withLock(join(folder, 'lock'), async () => noteRef(folder, url, ref, { commit, kind }), { timeoutMs: LOCK_MS, signal });
    const moved = kind === 'tag' && before && before.commit !== commit;
    const warning = `the tag ${ref} of ${what} has moved: it was ${before?.commit} since ${before?.since}, and is ${commit} now. Pin it: ${what}@${commit}`;
    return { commit, root, warnings: moved ? [warning] : [] };
  } catch (error) {
    const root = before && fetchedCommit(folder, before.commit);
    if (!(error instanceof TransientError) || !root) throw error;
    return { commit: before.commit, root, warnings: [`${what} could not be reached: ${ref} is taken as it was, ${before.commit}`] };
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A checkout, or a bare repository. */
function isGit(path: string): boolean {
  return existsSync(join(path, '.git')) || (existsSync(join(path, 'HEAD')) && isFolder(join(path, 'objects')));
}

