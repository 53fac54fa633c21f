/** What is said of a run that is parked: what can be done, and until when. Pure. */
import { shellWord } from '../../infra/errors.js';
import { formatDuration } from '../../language/durations.js';
import type { JobRecord, JobWait, ProgressRecord } from '../../language/record.js';

export type Parked = Extract<JobWait, { kind: 'parked' }>;

/** The commands that decide about a parked step, and the time for it. @param now milliseconds since the epoch */
export function parkedHint(run: string, { until }: Parked, now: number): string[] {
  const commands = ['retry', 'skip', 'undo', 'cancel'].map((verb) => `fleetwright ${verb} ${shellWord(run)}`);
  return [`Decide: ${commands.join(' | ')}`, `Without a decision all is undone in ${formatDuration(until - now)}.`];
}

/** For a view that shows a run's log: each step that has been parked since `before`, with its error's first line. */
export function newlyParked(before: ProgressRecord | undefined, next: ProgressRecord, now: number): string[] {
  return next.jobs.flatMap((job) => {
    const wait = parkedOf(job);
    const known = before?.jobs.find(({ key }) => key === job.key);
    if (wait === undefined || (known && parkedOf(known)?.since === wait.since)) return [];
    return [`${job.key}${wait.step.slice(job.id.length)} failed, and waits for a decision`, ...parkedHint(next.run, wait, now)];
  });
}

export function parkedOf({ waiting }: JobRecord): Parked | undefined {
  return waiting?.kind === 'parked' ? waiting : undefined;
}
