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
  | { readonly kind: 'step'; readonly step: string }
  /** Nothing: what it made is undone, last first, down to this step and with it. @default all */
  | { readonly kind: 'undo'; readonly to?: string };

/** Those of which a record's jobs are opened by name. */
export type PartRestart = Extract<Restart, { kind: 'failed-jobs' | 'job' | 'step' }>;

export function isPart(restart: Restart): restart is PartRestart {
  return restart.kind === 'failed-jobs' || restart.kind === 'job' || restart.kind === 'step';
}

/** Keys of job records. */
export interface Opened {
  /** From their first step on. What they have called is forgotten. */
  readonly whole: ReadonlySet<string>;
  /** Jobs that call a workflow in which something is opened. */
  readonly calling: ReadonlySet<string>;
  /** The first step of those that are opened in a job, by the job's key. */
  readonly from: ReadonlyMap<string, StepAddress>;
}

/** What was asked for does not fit the run: the message says why. */
export class RestartError extends Error {
  override readonly name = 'RestartError';
}

/** @throws RestartError, also when a part of the run was undone: that is done again before all else */
export function openedBy(plan: Pick<Plan, 'jobs'>, record: ProgressRecord, restart: PartRestart): Opened {
  if (undoneSteps(record).size > 0) throw new RestartError('a part of what it made was undone: a resume does that again, and all that needs it; then this can be asked for');
  if (restart.kind === 'failed-jobs') {
    const failed = record.jobs.filter(({ key, result }) => (result === 'failure' || result === 'cancelled') && !record.jobs.some(({ caller }) => caller === key));
    if (failed.length === 0) throw new RestartError('no job of it failed: there is nothing to run again');
    return wholly(plan, record, failed);
  }
  if (restart.kind === 'job') {
    const wanted = restart.job.toLowerCase();
    const named = record.jobs.filter(({ key, id }) => key.toLowerCase() === wanted || id.toLowerCase() === wanted);
    if (named.length === 0) throw new RestartError(`it has no job ${JSON.stringify(restart.job.slice(0, 80))}: there are ${record.jobs.map(({ key }) => key).join(', ')}`);
    return wholly(plan, record, named);
  }
  const { job, step } = stepOf(record, restart.step);
  return partly(plan, record, new Map([[job.key, step]]));
}

/** What an undo took away, and all that stands on it: a job whose step was undone begins there again. */
export function openedByUndo(plan: Pick<Plan, 'jobs'>, record: ProgressRecord): Opened {
  return partly(plan, record, undoneSteps(record));
}

/** By the job's key, the first step that was undone. */
function undoneSteps({ undos, jobs }: ProgressRecord): ReadonlyMap<string, StepAddress> {
  const undone = undos.filter(({ conclusion }) => conclusion === 'success');
  return new Map(jobs.flatMap(({ key, steps }) => {
    const own = undone.filter(({ job }) => job === key).map(({ address }) => address);
    const first = steps.find(({ address }) => own.includes(address))?.address ?? own[0]; // of a record that was cut to size the steps may be gone
    return first === undefined ? [] : [[key, first] as const];
  }));
}

function partly(plan: Pick<Plan, 'jobs'>, record: ProgressRecord, from: ReadonlyMap<string, StepAddress>): Opened {
  const { whole, calling } = spread(plan, record, record.jobs.filter(({ key }) => from.has(key)));
  return { whole, calling, from: new Map([...from].filter(([key]) => !whole.has(key))) };
}

function wholly(plan: Pick<Plan, 'jobs'>, record: ProgressRecord, jobs: readonly JobRecord[]): Opened {
  const { whole, calling } = spread(plan, record, jobs);
  return { whole: new Set([...jobs.map(({ key }) => key), ...whole]), calling, from: new Map() };
}

/** Of the job that was meant, or how steps are named. */
function stepsNear({ jobs }: ProgressRecord, text: string): string {
  const job = jobs.find(({ key, id, steps }) => steps.length > 0 && [key, id].includes(text.slice(0, text.lastIndexOf('/'))));
  if (job === undefined) return 'a step is named by its address, as in web/verify';
  return `${job.key} has ${job.steps.filter(({ stage }) => stage === undefined).slice(0, 20).map(({ address }) => `${job.key}${address.slice(job.id.length)}`).join(', ')}`;
}

function stepOf(record: ProgressRecord, text: string): { readonly job: JobRecord; readonly step: StepAddress } {
  const found = record.jobs.flatMap((job) => job.steps.filter(({ address, stage }) => stage === undefined && (address === text || `${job.key}${address.slice(job.id.length)}` === text))
    .map(({ address }) => ({ job, step: address })));
  const [first, second] = found;
  if (!first) throw new RestartError(`it has no step ${JSON.stringify(text.slice(0, 80))}: ${stepsNear(record, text)}`);
  if (second) throw new RestartError(`more than one job has the step ${text}: name ${found.map(({ job, step }) => `${job.key}${step.slice(job.id.length)}`).join(' or ')}`);
  const before = first.job.steps.slice(0, first.job.steps.findIndex(({ address }) => address === first.step));
  const bad = before.find(({ status, conclusion }) => status !== 'completed' || conclusion === 'failure' || conclusion === 'cancelled');
  if (bad) throw new RestartError(`${bad.address} stands before ${text} and did not succeed: begin there`);
  return first;
}

/** What needs the seeds, and what called them. */
function spread(plan: Pick<Plan, 'jobs'>, { jobs }: ProgressRecord, seeds: readonly JobRecord[]): Pick<Opened, 'whole' | 'calling'> {
  const whole = new Set<string>();
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
