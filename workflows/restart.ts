/** The record with which the next attempt of a closed run begins. Pure. */
import { isPart, levelOf, type Opened, openedBy, openedByUndo, type Restart, RestartError } from '../language/restart.js';
import type { JobPlan, Plan } from '../language/plan.js';
import type { JobRecord, ProgressRecord, UndoRecord } from '../language/record.js';
import { undosFrom } from '../language/undoing.js';
import { isBelow } from './jobsBoard.js';
import { freshJob, freshRecord, nextAttempt, queuedUndo } from './records.js';

/**
 * Its steps are those of the plan: one that the plan has and the record has not is to be done.
 * @throws RestartError
 */
export function restart(previous: ProgressRecord, plan: Plan, from: Restart, startedAt: number): ProgressRecord {
  const jobs = opened(previous.jobs, plan, openedByUndo(plan, previous));
  const next = nextAttempt({ ...previous, jobs }, startedAt);
  switch (from.kind) {
    case 'failed-step':
      return { ...next, jobs: fitted(next.jobs, plan) };
    case 'all':
      return { ...next, jobs: freshRecord(plan) };
    case 'undo':
      return { ...next, jobs: previous.jobs, undos: toUndo(previous, from.to), ...(previous.conclusion ? { conclusion: previous.conclusion } : {}) };
    default:
      return { ...next, jobs: fitted(opened(previous.jobs, plan, openedBy(plan, previous, from)), plan) };
  }
}

/** Why the next attempt cannot begin there, for a person; undefined where it can. */
export function restartProblem({ plan, record, from }: { readonly plan: Plan; readonly record: ProgressRecord; readonly from?: Restart }): string | undefined {
  if (record.undone && from?.kind !== 'all' && from?.kind !== 'undo') return 'what the earlier attempt made was undone: start a new run';
  try {
    if (from?.kind === 'undo') undosFrom(record, from.to);
    if (from && isPart(from)) openedBy(plan, record, from);
    return undefined;
  } catch (error) {
    if (error instanceof RestartError) return error.message;
    throw error;
  }
}

/** What could not be undone before is tried again. */
function toUndo(previous: ProgressRecord, to: string | undefined): readonly UndoRecord[] {
  const wanted = new Set(undosFrom(previous, to));
  return previous.undos.map((undo) => (wanted.has(undo) ? queuedUndo(undo) : undo));
}

function opened(jobs: readonly JobRecord[], plan: Plan, { whole, calling, from }: Opened): readonly JobRecord[] {
  const kept = jobs.filter((job) => ![...whole].some((key) => isBelow(job, key)));
  return kept.flatMap((job): readonly JobRecord[] => {
    if (whole.has(job.key)) return anew(job, kept, plan, whole);
    if (calling.has(job.key)) return [open(job, job.steps)];
    const first = from.get(job.key);
    if (first === undefined) return [job];
    return [open(job, job.steps.slice(0, job.steps.findIndex(({ address }) => address === first)))];
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
