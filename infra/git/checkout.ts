/** What a git checkout says of itself. No git, and no checkout, are fine: then there is nothing to say. */
import { basename } from 'node:path';
import { tryGit } from '../uses/git.js';
import { parseRemote, type Remote } from './remote.js';

export interface Commit {
  readonly sha: string;
  /** Empty for a first commit. */
  readonly parents: readonly string[];
  readonly author: { readonly name: string; readonly email: string };
  /** ISO 8601. */
  readonly date: string;
  readonly message: string;
}

export interface Checkout {
  /** Its top folder. */
  readonly root: string;
  /** Absent before the first commit. */
  readonly head?: Commit;
  /** `refs/heads/main`, `refs/tags/v1`. Absent where the commit has no name. */
  readonly ref?: string;
  /** Of `origin`, or of the first remote. */
  readonly remote?: Remote;
  /** The branch that the remote calls its own. @default main */
  readonly defaultBranch: string;
  /** `user.name`. */
  readonly userName?: string;
}

const TIMEOUT_MS = 10_000;
/** Another user's checkout is read too: nothing of it is run by these commands. */
const READING = ['-c', 'safe.directory=*', '-c', 'log.showSignature=false'];

/** @param folder a folder in the checkout @throws TransientError when git takes too long */
export async function readCheckout(folder: string, signal?: AbortSignal): Promise<Checkout | undefined> {
  const ask = (...args: string[]): Promise<string> => asked(folder, args, signal);
  const root = await ask('rev-parse', '--show-toplevel').catch(withoutGit);
  if (root === '') return undefined;
  const [log, branch, remotes, userName, remoteHead] = await Promise.all([
    ask('log', '-1', '--format=%H%x00%P%x00%an%x00%ae%x00%aI%x00%B', 'HEAD'),
    ask('symbolic-ref', '-q', 'HEAD'),
    ask('config', '--get-regexp', '^remote\\..*\\.url$'),
    ask('config', '--get', 'user.name'),
    ask('symbolic-ref', '-q', 'refs/remotes/origin/HEAD'),
  ]);
  const ref = branch || refAtHead(await ask('for-each-ref', '--points-at', 'HEAD', '--format=%(refname)', 'refs/tags', 'refs/heads', 'refs/remotes/origin'));
  const remote = firstRemote(remotes);
  return {
    root, defaultBranch: remoteHead.replace('refs/remotes/origin/', '') || 'main',
    ...(log === '' ? {} : { head: parseCommit(log) }), ...(ref ? { ref } : {}), ...(remote ? { remote } : {}), ...(userName === '' ? {} : { userName }),
  };
}

/** What git prints, without the line break at its end; '' when it fails. */
async function asked(folder: string, args: readonly string[], signal: AbortSignal | undefined): Promise<string> {
  const { exitCode, stdout } = await tryGit([...READING, '-C', folder, ...args], { timeoutMs: TIMEOUT_MS, signal });
  return exitCode === 0 ? stdout.replace(/\n$/, '') : '';
}

function withoutGit(error: unknown): string {
  if (error instanceof Error && error.message.startsWith('there is no git')) return '';
  throw error;
}

function parseCommit(log: string): Commit {
  const [sha = '', parents = '', name = '', email = '', date = '', message = ''] = log.split('\0');
  return { sha, parents: parents.split(' ').filter(Boolean), author: { name, email }, date, message: message.trimEnd() };
}

/** A checkout without a branch is most often one of a tag. */
function refAtHead(refs: string): string | undefined {
  const all = refs.split('\n').filter((ref) => ref !== '' && basename(ref) !== 'HEAD');
  const first = all.find((ref) => ref.startsWith('refs/tags/')) ?? all.find((ref) => ref.startsWith('refs/heads/')) ?? all[0];
  return first?.replace(/^refs\/remotes\/origin\//, 'refs/heads/');
}

function firstRemote(config: string): Remote | undefined {
  const lines = config.split('\n').map((line) => /^remote\.(.*)\.url (.*)$/.exec(line)).filter((match) => match !== null);
  const line = lines.find((match) => match[1] === 'origin') ?? lines[0];
  return line?.[2] === undefined ? undefined : parseRemote(line[2]);
}
