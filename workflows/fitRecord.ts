/**
 * A progress record that a memo, an answer or a called workflow's result can hold: Temporal takes 2 MB. Pure.
 *
 * What goes first is what nobody asks for: the steps of jobs that succeeded, then all steps but those that failed. A resume needs neither
 * of a job that succeeded.
 */
import type { JobRecord, StepRecord } from '../language/record.js';

/** As text, before it is compressed: what does not compress must fit as well. */
const MOST_CHARACTERS = 1_000_000;

export function fitRecord<T extends { readonly jobs: readonly JobRecord[] }>(record: T, most = MOST_CHARACTERS): T {
  const changes: readonly ((job: JobRecord) => JobRecord)[] = [
    (job) => (job.result === 'success' ? { ...job, steps: [] } : job),
    (job) => ({ ...job, steps: job.steps.filter(failed).map(withoutValues) }),
    (job) => ({ ...job, outputs: {} }),
  ];
  let fitting = record;
  for (const change of changes) {
    if (JSON.stringify(fitting).length <= most) return fitting;
    fitting = { ...fitting, jobs: fitting.jobs.map(change) };
  }
  return fitting;
}

function failed({ conclusion, outcome }: StepRecord): boolean {
  return conclusion === 'failure' || outcome === 'failure';
}

function withoutValues({ env: _, path: __, ...step }: StepRecord): StepRecord {
  return { ...step, outputs: {} };
}
