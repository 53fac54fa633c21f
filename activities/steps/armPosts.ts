/** Post steps of actions that completed in an earlier attempt of the run: they ran at its end, and what comes after a resume needs them at this one's. */
import { existsSync } from 'node:fs';
import { jobEntriesPath } from '../../infra/steps/paths.js';
import type { StepsInput } from '../contract.js';
import { JobEntries, type PostEntry } from './entries.js';

/**
 * Puts them into the journal of this attempt, with the state that their actions left. Safe to repeat. What cannot be had is said, and does not run: it is on the host on
 * which the earlier attempt ran, as is the workspace for which it was meant.
 * @param unseal opens what that attempt sealed @param warn is given a sentence for a person
 */
export function armPosts({ facts, key, kept = [] }: StepsInput, entries: JobEntries, unseal: (text: string) => string, warn: (message: string) => void): void {
  const { id, attempt } = facts.run;
  if (attempt === 1 || kept.length === 0 || entries.setUp) return;
  try {
    for (const post of postsBefore(id, key, attempt, unseal) ?? gone(attempt)) {
      if (kept.some((address) => post.address === address || post.address.startsWith(`${address}/`))) entries.add({ kind: 'post', post });
    }
  } catch (error) {
    warn(`post steps of actions that completed in an earlier attempt do not run again: ${(error as Error).message}`);
  }
}

/** Those of the last attempt in which the job ran here; undefined where there is none. */
function postsBefore(run: StepsInput['facts']['run']['id'], key: string, attempt: number, unseal: (text: string) => string): readonly PostEntry[] | undefined {
  const path = Array.from({ length: attempt - 1 }, (_, i) => jobEntriesPath(run, key, attempt - 1 - i)).find((one) => existsSync(one));
  if (path === undefined) return undefined;
  const before = new JobEntries(path, () => new Error('another worker has taken it'));
  before.close();
  const { result, sealedPosts } = before;
  if (result === undefined) return undefined;
  return sealedPosts === undefined ? [] : JSON.parse(unseal(sealedPosts)) as readonly PostEntry[];
}

function gone(attempt: number): never {
  throw new Error(`what they left is not on this host, where attempt ${attempt - 1} did not end`);
}
