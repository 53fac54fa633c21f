/** What is said of a run that is parked: what can be done, and until when. Pure. */
import { shellWord } from '../../infra/errors.js';
import { formatDuration } from '../../language/durations.js';
import { cleanLine } from './text.js';
import type { JobRecord, JobWait, ProgressRecord } from '../../language/record.js';
import type { HostWait, SeenRecord } from '../runs/hostWait.js';

export type Parked = Extract<JobWait, { kind: 'parked' }>;

/** The commands that decide about a parked step, and the time for it. @param now milliseconds since the epoch */
export function parkedHint(run: string, { until }: Parked, now: number): string[] {
  return [`Decide: fleetwright retry ${shellWord(run)} (or skip, undo, cancel)`, `Without a decision all is undone in ${formatDuration(until - now)}.`];
}

/** A gate at which the job waits, with the commands that decide; or who decided, and why. */
export function gateLines(run: string, job: JobRecord): string[] {
  const wait = gateOf(job);
  const { gate } = job;
  if (wait === undefined) return gate === undefined ? [] : [`${gate.environment}: ${gate.verdict} by ${cleanLine(gate.by, false)}${gate.comment === undefined ? '' : `: ${cleanLine(gate.comment, false)}`}`];
  const until = wait.until === undefined ? [] : [`Not before ${new Date(wait.until).toISOString().slice(0, 16).replace('T', ' ')} UTC.`];
  if (wait.reviewers.length === 0) return until;
  const flags = `${shellWord(run)} --environment ${shellWord(wait.environment)}`;
  return [`${wait.reviewers.join(' or ')} decides: fleetwright approve ${flags} (or reject)`, ...until];
}

/** `the worker of host build-3`. */
export function workerOf({ host }: HostWait): string {
  return host === undefined ? 'the worker of its host' : `the worker of host ${cleanLine(host, false)}`;
}

/** For whom or what a run waits, in a few words; undefined where it goes on by itself. */
export function waitText({ jobs, hostWaits = [] }: Pick<SeenRecord, 'jobs' | 'hostWaits'>): string | undefined {
  const texts = jobs.flatMap((job) => {
    const [gate, parked] = [gateOf(job), parkedOf(job)];
    if (parked !== undefined) return [`a decision on ${job.key}${parked.step.slice(job.id.length)}`];
    if (gate === undefined) return [];
    return [gate.reviewers.length === 0 ? `the wait timer of ${gate.environment}` : `the approval of ${gate.environment}`];
  });
  const all = [...texts, ...hostWaits.map(workerOf)];
  return all.length === 0 ? undefined : [...new Set(all)].join(', ');
}

export function gateOf({ waiting }: JobRecord): Extract<JobWait, { kind: 'gate' }> | undefined {
  return waiting?.kind === 'gate' ? waiting : undefined;
}

/** What waits for the worker of a host, and did not `before`. */
export function newHostWaits(before: SeenRecord | undefined, next: SeenRecord): string[] {
  const known = new Set((before?.hostWaits ?? []).map(waitLine));
  return (next.hostWaits ?? []).map(waitLine).filter((text) => !known.has(text));
}

/** As `undo build/1 waits for the worker of host build-3`. */
function waitLine(wait: HostWait): string {
  return `${wait.undo === undefined ? cleanLine(wait.job, false) : `undo ${wait.undo}`} waits for ${workerOf(wait)}`;
}

/** For a view that shows a run's log: each step that has been parked since `before`, with its error's first line. */
export function newlyParked(before: ProgressRecord | undefined, next: ProgressRecord, now: number): string[] {
  return next.jobs.flatMap((job) => {
    const wait = parkedOf(job);
    const known = before?.jobs.find(({ key }) => key === job.key);
    const gate = gateOf(job);
    if (gate !== undefined && (known === undefined || gateOf(known)?.since !== gate.since)) return [`${job.key} waits for the environment ${gate.environment}`, ...gateLines(next.run, job)];
    if (wait === undefined || (known && parkedOf(known)?.since === wait.since)) return [];
    return [`${job.key}${wait.step.slice(job.id.length)} failed, and waits for a decision`, ...parkedHint(next.run, wait, now)];
  });
}

export function parkedOf({ waiting }: JobRecord): Parked | undefined {
  return waiting?.kind === 'parked' ? waiting : undefined;
}
