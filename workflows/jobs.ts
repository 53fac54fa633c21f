/**
 * The jobs of a workflow: a DAG without barriers. Each is decided as soon as its own needs have concluded.
 *
 * Owns: which jobs start. Does not own: the matrix of each (`instances.ts`), what a job does (`job.ts`, `call.ts`).
 * 1. A job whose record says that it is completed is not started again.
 */
import { decideJob } from '../language/conclusions.js';
import { jobIfScope } from '../language/contexts.js';
import { ExpressionError } from '../language/expressions.js';
import type { JobId } from '../language/ids.js';
import type { JobPlan } from '../language/plan.js';
import type { Conclusion } from '../language/record.js';
import { runInstances } from './instances.js';
import { needFacts, recordsOf, standings } from './needs.js';
import type { JobsRuntime } from './place.js';
import { unstarted } from './records.js';

/** Resolves when every job has concluded. Run it where no cancel reaches: it asks `runtime.cancel`. */
export async function runJobs(runtime: JobsRuntime): Promise<void> {
  const { jobs } = runtime;
  const started = new Map<JobId, Promise<void>>();
  const start = async (job: JobPlan): Promise<void> => {
    await Promise.all(jobs.filter(({ id }) => job.needs.includes(id)).map(begin));
    await runJob(job, runtime);
  };
  const begin = (job: JobPlan): Promise<void> => {
    const begun = started.get(job.id) ?? start(job);
    started.set(job.id, begun);
    return begun;
  };
  await Promise.all(jobs.map(begin));
}

async function runJob(job: JobPlan, runtime: JobsRuntime): Promise<void> {
  const { board, run, cancel } = runtime;
  const all = standings(runtime);
  if (all.get(job.id)?.conclusion !== undefined) return;
  const needs = needFacts(job, runtime);
  const decide = (cancelled: boolean): ReturnType<typeof decideJob> => decideJob(job, all, cancelled, () => jobIfScope(run, needs));
  const conclude = (conclusion: Conclusion, error?: string): void => board.putJobs(recordsOf(job.id, runtime).map((record) => unstarted(record, conclusion, error)));
  const decision = decide(cancel.requested());
  if (decision.kind === 'fail') return conclude('failure', decision.error);
  if (decision.kind !== 'start') return conclude('skipped');
  try {
    await runInstances(job, needs, { ...runtime, outlivesCancel: () => decide(true).kind === 'start' });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    conclude('failure', error.message);
  }
}
