/**
 * What of a closed run the next attempt does again. Pure: which job records are opened, from a plan, a record and what a person asked for.
 *
 * 1. What is not opened stays as it ended, whether it succeeded or not, as with GitHub's re-runs.
 * 2. With a job, all that needs it is done again, and the call in which it stands goes on.
 */
import type { JobId, StepAddress } from './ids.js';
import type { JobPlan, Plan } from './plan.js';
import type { JobRecord, ProgressRecord } from './record.js';

/** Where the next attempt begins. */
export type Restart =
  /** In every job that did not succeed: at the step that failed. */
  | { readonly kind: 'failed-step' }
  /** Everything, from the start. */
  | { readonly kind: 'all' }
  /** The jobs that failed or were cancelled, whole, and all that need them. */
  | { readonly kind: 'failed-jobs' }
  /** This job, whole, and all that need it. An id, or the key of one job of a matrix. */
  | { readonly kind: 'job'; readonly job: string }
  /** This step, those after it in its job, and all jobs that need it. An address, with the job's key where jobs of a matrix share it. */
  | { readonly kind: 'step'; readonly step: string };

/** Keys of job records. */
export interface Opened {
  /** From their first step on. What they have called is forgotten. */
  readonly whole: ReadonlySet<string>;
  /** Jobs that call a workflow in which something is opened. */
  readonly calling: ReadonlySet<string>;
  readonly from?: { readonly key: string; readonly step: StepAddress };
}

/** What was asked for does not fit the run: the message says why. */
export class RestartError extends Error {
  override readonly name = 'RestartError';
}

/** @throws RestartError */
export function openedBy(plan: Pick<Plan, 'jobs'>, record: ProgressRecord, restart: Exclude<Restart, { kind: 'failed-step' | 'all' }>): Opened {
  if (restart.kind === 'failed-jobs') {
    const failed = record.jobs.filter(({ key, result }) => (result === 'failure' || result === 'cancelled') && !record.jobs.some(({ caller }) => caller === key));
    if (failed.length === 0) throw new RestartError('no job of it failed: there is nothing to run again');
    return spread(plan, record, failed);
  }
  if (restart.kind === 'job') {
    const wanted = restart.job.toLowerCase();
    const named = record.jobs.filter(({ key, id }) => key.toLowerCase() === wanted || id.toLowerCase() === wanted);
    if (named.length === 0) throw new RestartError(`it has no job ${JSON.stringify(restart.job.slice(0, 80))}: there are ${record.jobs.map(({ key }) => key).join(', ')}`);
    return spread(plan, record, named);
  }
  const { job, step } = stepOf(record, restart.step);
  const { whole, calling } = spread(plan, record, [job]);
  return { whole: new Set([...whole].filter((key) => key !== job.key)), calling, from: { key: job.key, step } };
}

function stepOf(record: ProgressRecord, text: string): { readonly job: JobRecord; readonly step: StepAddress } {
  const found = record.jobs.flatMap((job) => job.steps.filter(({ address, stage }) => stage === undefined && (address === text || `${job.key}${address.slice(job.id.length)}` === text))
    .map(({ address }) => ({ job, step: address })));
  const [first, second] = found;
  if (!first) throw new RestartError(`it has no step ${JSON.stringify(text.slice(0, 80))}: a step is named by its address, as in web/verify`);
  if (second) throw new RestartError(`more than one job has the step ${text}: name ${found.map(({ job, step }) => `${job.key}${step.slice(job.id.length)}`).join(' or ')}`);
  const before = first.job.steps.slice(0, first.job.steps.findIndex(({ address }) => address === first.step));
  const bad = before.find(({ status, conclusion }) => status !== 'completed' || conclusion === 'failure' || conclusion === 'cancelled');
  if (bad) throw new RestartError(`${bad.address} stands before ${text} and did not succeed: begin there`);
  return first;
}

function spread(plan: Pick<Plan, 'jobs'>, { jobs }: ProgressRecord, seeds: readonly JobRecord[]): Opened {
  const whole = new Set(seeds.map(({ key }) => key));
  const calling = new Set<string>();
  for (const seed of seeds) {
    for (let at: JobRecord | undefined = seed; at; at = jobs.find(({ key }) => key === at?.caller)) {
      const needing = dependents(levelOf(plan, jobs, at.caller), at.id);
      const { caller } = at;
      for (const job of jobs) if (job.caller === caller && needing.has(job.id)) whole.add(job.key);
      if (caller !== undefined) calling.add(caller);
    }
  }
  return { whole, calling };
}

/** The jobs among which those stand that this job called. */
export function levelOf(plan: Pick<Plan, 'jobs'>, records: readonly JobRecord[], caller: string | undefined): readonly JobPlan[] {
  if (caller === undefined) return plan.jobs;
  const record = records.find(({ key }) => key === caller);
  const job = record && levelOf(plan, records, record.caller).find(({ id }) => id === record.id);
  return job?.call?.workflow.jobs ?? [];
}

function dependents(jobs: readonly JobPlan[], of: JobId): ReadonlySet<JobId> {
  const found = new Set<JobId>([of]);
  for (const id of found) for (const job of jobs) if (job.needs.includes(id)) found.add(job.id);
  found.delete(of);
  return found;
}
