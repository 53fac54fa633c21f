/** The records of a workflow's jobs, as those who start the jobs see them. Pure. */
import type { JobRecord, UndoEntry } from '../language/record.js';

export interface JobsBoard {
  /** In the order in which they are shown: called jobs stand behind their callers. */
  readonly jobs: readonly JobRecord[];
  putJobs(jobs: readonly JobRecord[]): void;
  /** A job whose matrix has been expanded: its one record becomes one a combination, in the same place. */
  replaceJob(key: string, by: readonly JobRecord[]): void;
  register(undos: readonly UndoEntry[]): void;
}

/** Puts each record where its key stands, or behind its caller and what that has called, or last. */
export function withJobs(jobs: readonly JobRecord[], changed: readonly JobRecord[]): readonly JobRecord[] {
  const by = new Map(changed.map((job) => [job.key, job]));
  const merged = jobs.map((job) => by.get(job.key) ?? job);
  const known = new Set(jobs.map(({ key }) => key));
  for (const job of changed) if (!known.has(job.key)) merged.splice(placeOf(job, merged), 0, job);
  return merged;
}

export function withReplaced(jobs: readonly JobRecord[], key: string, by: readonly JobRecord[]): readonly JobRecord[] {
  return jobs.flatMap((job) => (job.key === key ? by : [job]));
}

/** Whether the job is one that the job of that key called, however deep. */
export function isBelow(job: JobRecord, key: string): boolean {
  return job.caller !== undefined && (job.caller === key || job.caller.startsWith(`${key} / `));
}

function placeOf({ caller }: JobRecord, jobs: readonly JobRecord[]): number {
  if (caller === undefined) return jobs.length;
  const last = jobs.findLastIndex((job) => job.key === caller || isBelow(job, caller));
  return last < 0 ? jobs.length : last + 1;
}
