/** Finds the files of workflows that a workflow calls: in its own repository, or in another one by git. */
import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { TransientError } from './errors.js';
import { readCheckout } from './git/checkout.js';
import { withLock } from './lock.js';
import { fetchCommit, fetchedCommit } from './uses/fetchCommit.js';
import { isCommit, parseUses } from './uses/reference.js';
import { lookUpRef } from './uses/remoteRefs.js';
import { type UsesSettings, usesSettings } from './uses/settings.js';

export interface WorkflowFilesRequest {
  /** The calling file. */
  readonly file: string;
  /** The top folder of its repository. @default git's, else the folder above `.github`, else the file's own */
  readonly repository?: string | undefined;
  /** @default from the environment */
  readonly settings?: UsesSettings;
  readonly signal?: AbortSignal | undefined;
}

/** A file's text and its name for messages, or a clause that says why it cannot be read. */
export type FoundWorkflow = { readonly text: string; readonly file: string } | { readonly problem: string; readonly unreachable?: boolean };

const LOCK_MS = 600_000;

/** `ReadWorkflow` of language/calls: it throws for nothing but a cancel. */
export function workflowReader(request: WorkflowFilesRequest): (uses: string) => Promise<FoundWorkflow> {
  let root: Promise<string> | undefined;
  return async (uses) => {
    try {
      if (!uses.startsWith('./')) return await readRemote(uses, request);
      root ??= rootOf(request);
      return await readInside(await root, uses, (path) => shown(path));
    } catch (error) {
      request.signal?.throwIfAborted();
      return { problem: firstLine(error).replace(/:$/, ''), ...(error instanceof TransientError ? { unreachable: true } : {}) };
    }
  };
}

/** The top folder of the repository in which the request's file stands. */
export async function rootOf({ file, repository, signal }: WorkflowFilesRequest): Promise<string> {
  if (repository !== undefined) return repository;
  const folder = dirname(resolve(file));
  const checkout = await readCheckout(folder, signal).catch(() => undefined);
  if (checkout) return checkout.root;
  for (let above = folder; above !== dirname(above); above = dirname(above)) if (existsSync(join(above, '.github'))) return above;
  return folder;
}

/** A link that leads out of the repository is not followed. */
async function readInside(root: string, path: string, name: (path: string) => string): Promise<FoundWorkflow> {
  const real = await realpath(join(root, path)).catch(() => undefined);
  if (real === undefined) return { problem: `there is no such file in ${shown(root)}` };
  if (!real.startsWith(`${await realpath(root)}${sep}`)) return { problem: 'it leaves the repository' };
  return { text: await readFile(real, 'utf8'), file: name(real) };
}

async function readRemote(uses: string, { settings = usesSettings(), signal }: WorkflowFilesRequest): Promise<FoundWorkflow> {
  const reference = parseUses(uses);
  if (reference.kind !== 'repository' || reference.path === '') return { problem: 'it names no file of a repository' };
  const { owner, repo, ref, path } = reference;
  const local = settings.folder === undefined ? [] : [join(settings.folder, owner, `${repo}@${ref}`), join(settings.folder, owner, repo)];
  const folder = local.find((candidate) => existsSync(candidate) && !existsSync(join(candidate, '.git')) && !existsSync(join(candidate, 'HEAD')));
  const git = local.find((candidate) => existsSync(candidate));
  const root = folder ?? await fetched({ owner, repo, ref, url: git ?? `${settings.url}/${owner}/${repo}` }, settings, signal);
  return readInside(root, path, () => uses);
}

async function fetched(
  { owner, repo, ref, url }: { readonly owner: string; readonly repo: string; readonly ref: string; readonly url: string }, { cache }: UsesSettings, signal?: AbortSignal,
): Promise<string> {
  const what = `${owner}/${repo}`;
  const folder = join(cache, owner.toLowerCase(), repo.toLowerCase());
  const commit = isCommit(ref) ? ref.toLowerCase() : (await lookUpRef(what, url, ref, signal)).commit;
  const get = () => fetchCommit({ what, url, commit, ref, folder, signal });
  return fetchedCommit(folder, commit) ?? withLock(join(folder, 'lock'), get, { timeoutMs: LOCK_MS, signal });
}

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
