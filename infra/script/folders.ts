/** Where a job's steps work on their runner, and where each try of a step keeps its journal. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';

/** Absolute paths on the runner. */
export interface JobFolder {
  /** Where the job's steps work. */
  readonly workspace: string;
  /** The job's RUNNER_TEMP. */
  readonly temp: string;
  /** Holds a journal for each try of each step. */
  readonly steps: string;
}

const LONGEST = 100;

/** A text as the name of one folder: other texts give other names; free of what PATH, shells and file systems mind. */
export function folderName(text: string): string {
  const safe = [...Buffer.from(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
  if (safe.length <= LONGEST) return safe;
  return `${safe.slice(0, LONGEST - 17)}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** @param base the run's folder on the runner */
export function jobFolder(base: string, job: string): JobFolder {
  const folder = posix.join(base, folderName(job));
  return { workspace: posix.join(folder, 'workspace'), temp: posix.join(folder, 'temp'), steps: posix.join(folder, 'steps') };
}
