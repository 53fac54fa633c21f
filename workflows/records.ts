/** Records at the start of an attempt. Pure. */
import type { JobPlan, Plan, StepPlan } from '../language/plan.js';
import type { JobRecord, ProgressRecord, StepRecord } from '../language/record.js';

/** Every job of the plan, nothing done. A matrix is one record until it is expanded. */
export function freshRecord(plan: Plan): readonly JobRecord[] {
  return plan.jobs.map((job) => freshJob(job));
}

export function freshJob(job: JobPlan, key: string = job.id, matrix?: Readonly<Record<string, unknown>>): JobRecord {
  const name = job.name.includes('${{') ? key : job.name;
  return {
    key, id: job.id, name, ...(matrix ? { matrix } : {}), status: 'queued', outputs: {}, steps: job.steps.map(freshStep),
  };
}

function freshStep({ address, id, name }: StepPlan): StepRecord {
  return { address, ...(id === undefined ? {} : { id }), name, status: 'queued', outputs: {} };
}

/**
 * The next attempt of a run that was kept: jobs that succeeded stay as they are; of the others, the completed steps before
 * the first that did not succeed stay, and all after them is to be done. Undos stay registered.
 */
export function nextAttempt(previous: ProgressRecord, startedAt: number): ProgressRecord {
  const { run, file, inputs, attempt, undos } = previous;
  return {
    run, file, inputs, attempt: attempt + 1, status: 'in_progress', undone: false, undos, startedAt,
    jobs: previous.jobs.map((job) => (job.result === 'success' ? job : reopenJob(job))),
  };
}

function reopenJob(job: JobRecord): JobRecord {
  const failed = job.steps.findIndex(({ status, conclusion }) => status !== 'completed' || conclusion === 'failure' || conclusion === 'cancelled');
  const started = job.result !== 'skipped';
  const keep = !started ? 0 : failed < 0 ? job.steps.length : failed;
  const steps = job.steps.map((step, i) => (i < keep ? step : reopenStep(step)));
  const { key, id, name, matrix } = job;
  return { key, id, name, ...(matrix ? { matrix } : {}), status: 'queued', outputs: {}, steps };
}

function reopenStep({ address, id, name }: StepRecord): StepRecord {
  return { address, ...(id === undefined ? {} : { id }), name, status: 'queued', outputs: {} };
}
