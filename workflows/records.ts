/** Records at the start of an attempt, and of jobs that end without having run. Pure. */
import { jobConclusion } from '../language/conclusions.js';
import type { JobPlan, Plan, StepPlan } from '../language/plan.js';
import type { Conclusion, JobRecord, ProgressRecord, StepRecord, UndoRecord } from '../language/record.js';

/** Every job of the plan, nothing done. A matrix is one record until it is expanded. */
export function freshRecord(plan: Pick<Plan, 'jobs'>): readonly JobRecord[] {
  return plan.jobs.map((job) => freshJob(job));
}

export interface FreshJobOptions {
  /** @default the job's id, behind the caller's key */
  readonly key?: string;
  readonly matrix?: Readonly<Record<string, unknown>>;
  /** The job that calls the workflow of which it is a job. */
  readonly caller?: Pick<JobRecord, 'key' | 'name'>;
}

export function freshJob(job: JobPlan, { key: given, matrix, caller }: FreshJobOptions = {}): JobRecord {
  const key = given ?? (caller ? `${caller.key} / ${job.id}` : job.id);
  const own = job.name.includes('${{') ? job.id : job.name;
  return {
    key, id: job.id, ...(caller ? { caller: caller.key } : {}), name: caller ? `${caller.name} / ${own}` : own, ...(matrix ? { matrix } : {}),
    status: 'queued', outputs: {}, steps: job.steps.map(freshStep),
  };
}

/** The job ends without a word of its own. */
export function unstarted(record: JobRecord, result: Conclusion, error?: string): JobRecord {
  const steps = record.steps.map((step) =>
    step.status === 'completed' ? step : { ...step, status: 'completed' as const, conclusion: result === 'cancelled' ? result : ('skipped' as const) });
  const { waitsFor: _, queuePlace: __, ...rest } = record;
  return { ...rest, steps, status: 'completed', result, conclusion: jobConclusion(result, false), endedAt: Date.now(), ...(error ? { error } : {}) };
}

function freshStep({ address, id, name }: StepPlan): StepRecord {
  return { address, ...(id === undefined ? {} : { id }), name, status: 'queued', outputs: {} };
}

/**
 * The next attempt of a run that was kept: jobs that succeeded stay as they are; of the others, the completed steps before
 * the first that did not succeed stay, and all after them is to be done. Undos stay registered, but for those that were done.
 */
export function nextAttempt(previous: ProgressRecord, startedAt: number): ProgressRecord {
  const { run, file, name, inputs, attempt, undos } = previous;
  return {
    run, file, ...(name === undefined ? {} : { name }), inputs, attempt: attempt + 1, status: 'in_progress', undone: false, startedAt,
    undos: undos.filter(({ conclusion }) => conclusion !== 'success').map(queuedUndo),
    jobs: previous.jobs.map((job) => (job.result === 'success' ? job : reopenJob(job))),
  };
}

/** What could not be undone is to be undone still. */
export function queuedUndo({ conclusion: _, error: __, ...undo }: UndoRecord): UndoRecord {
  return { ...undo, status: 'queued', left: [] };
}

function reopenJob(job: JobRecord): JobRecord {
  const failed = job.steps.findIndex(({ status, conclusion }) => status !== 'completed' || conclusion === 'failure' || conclusion === 'cancelled');
  const started = job.result !== 'skipped';
  const keep = !started ? 0 : failed < 0 ? job.steps.length : failed;
  const steps = job.steps.map((step, i) => (i < keep ? step : reopenStep(step)));
  const { key, id, caller, name, matrix } = job;
  return { key, id, ...(caller === undefined ? {} : { caller }), name, ...(matrix ? { matrix } : {}), status: 'queued', outputs: {}, steps };
}

function reopenStep({ address, id, name }: StepRecord): StepRecord {
  return { address, ...(id === undefined ? {} : { id }), name, status: 'queued', outputs: {} };
}
