/** The record with which the next attempt of a closed run begins. Pure. */
import { levelOf, type Opened, openedBy, type Restart } from '../language/restart.js';
import type { JobPlan, Plan } from '../language/plan.js';
import type { JobRecord, ProgressRecord } from '../language/record.js';
import { isBelow } from './jobsBoard.js';
import { freshJob, freshRecord, nextAttempt } from './records.js';

/**
 * Its steps are those of the plan: one that the plan has and the record has not is to be done.
 * @throws RestartError
 */
export function restart(previous: ProgressRecord, plan: Plan, from: Restart, startedAt: number): ProgressRecord {
  const next = nextAttempt(previous, startedAt);
  switch (from.kind) {
    case 'failed-step':
      return { ...next, jobs: fitted(next.jobs, plan) };
    case 'all':
      // What was undone is not there any more; what is left of it is to be undone still.
      return { ...next, jobs: freshRecord(plan), undos: next.undos.filter(({ conclusion }) => conclusion !== 'success') };
    default:
      return { ...next, jobs: fitted(opened(previous.jobs, plan, openedBy(plan, previous, from)), plan) };
  }
}

function opened(jobs: readonly JobRecord[], plan: Plan, { whole, calling, from }: Opened): readonly JobRecord[] {
  const kept = jobs.filter((job) => ![...whole].some((key) => isBelow(job, key)));
  return kept.flatMap((job): readonly JobRecord[] => {
    if (whole.has(job.key)) return anew(job, kept, plan, whole);
    if (calling.has(job.key)) return [open(job, job.steps)];
    if (from?.key !== job.key) return [job];
    const at = job.steps.findIndex(({ address }) => address === from.step);
    return [open(job, job.steps.slice(0, at))];
  });
}

/** A matrix all of whose jobs are done again is expanded again, too. */
function anew(job: JobRecord, jobs: readonly JobRecord[], plan: Plan, whole: ReadonlySet<string>): readonly JobRecord[] {
  const siblings = jobs.filter(({ id, caller }) => id === job.id && caller === job.caller);
  const planned = levelOf(plan, jobs, job.caller).find(({ id }) => id === job.id);
  if (!planned || (siblings.length > 1 && !siblings.every(({ key }) => whole.has(key)))) return [open(job, [])];
  const caller = jobs.find(({ key }) => key === job.caller);
  return siblings[0] === job ? [freshJob(planned, caller ? { caller } : {})] : [];
}

function open({ key, id, caller, name, matrix }: JobRecord, steps: JobRecord['steps']): JobRecord {
  return { key, id, ...(caller === undefined ? {} : { caller }), name, ...(matrix ? { matrix } : {}), status: 'queued', outputs: {}, steps };
}

/** The records of the plan's jobs, in its order: those of jobs that it has no more are gone, those of new ones are fresh. */
function fitted(records: readonly JobRecord[], plan: Plan): readonly JobRecord[] {
  const own = plan.jobs.flatMap((job) => {
    const known = records.filter(({ id, caller }) => id === job.id && caller === undefined);
    return known.length > 0 ? known : [freshJob(job)];
  });
  const all = own.flatMap((job) => [job, ...records.filter((other) => isBelow(other, job.key))]);
  return all.map((job) => withSteps(job, levelOf(plan, all, job.caller).find(({ id }) => id === job.id)));
}

/** What is completed stays as it is, and so do the steps of a job that is. */
function withSteps(job: JobRecord, planned: JobPlan | undefined): JobRecord {
  if (!planned || job.status === 'completed') return job;
  const known = new Map(job.steps.filter(({ stage }) => stage === undefined).map((step) => [step.address, step]));
  return { ...job, steps: freshJob(planned).steps.map((step) => known.get(step.address) ?? step) };
}
