/** What a branch or tag of a remote repository is at this moment. */
import { PermanentError } from '../errors.js';
import { remoteError, tryGit } from './git.js';

export interface RemoteRef {
  readonly commit: string;
  /** `refs/tags/v1`. */
  readonly name: string;
  readonly kind: 'tag' | 'branch' | 'other';
}

const LOOK_MS = 60_000;

/**
 * Asks the repository; a tag goes before a branch of the same name.
 * @param what the repository, as a person names it
 * @throws PermanentError when the repository or the ref is not there; TransientError when it cannot be reached
 */
export async function lookUpRef(what: string, url: string, ref: string, signal: AbortSignal | undefined, config?: string): Promise<RemoteRef> {
  const names = ref === 'HEAD' || ref.startsWith('refs/') ? [ref] : [`refs/tags/${ref}`, `refs/heads/${ref}`];
  const patterns = names.flatMap((name) => (name.startsWith('refs/tags/') ? [name, `${name}^{}`] : [name]));
  const { exitCode, stdout, stderr } = await tryGit(['ls-remote', '--', url, ...patterns], { signal, timeoutMs: LOOK_MS, config });
  if (exitCode !== 0) throw remoteError(what, url, stderr);
  const found = new Map(stdout.split('\n').map((line) => line.split('\t')).map(([commit = '', name = '']) => [name, commit] as const));
  for (const name of names) {
    // An annotated tag is an object of its own; what it points to is listed behind it.
    const commit = found.get(`${name}^{}`) ?? found.get(name);
    if (commit) return { commit, name, kind: name.startsWith('refs/tags/') ? 'tag' : name.startsWith('refs/heads/') ? 'branch' : 'other' };
  }
  throw noSuchRef(what, url, ref);
}

/** The error for a ref that the repository does not have. */
export function noSuchRef(what: string, url: string, ref: string): PermanentError {
  const short = /^[0-9a-f]{7,39}$/i.test(ref);
  return new PermanentError(
    `${what} has no branch or tag ${JSON.stringify(ref)} (at ${url})`,
    short ? 'A shortened commit hash is not looked up, here as on GitHub: write all 40 digits.' : 'Mend the ref: a branch, a tag, or a commit\'s whole hash.',
  );
}
