/** Where a workflow's jobs stand: in the run itself, or below the job that called it. Pure. */
import type { JobFacts, RunFacts } from '../language/contexts.js';
import type { JobPlan } from '../language/plan.js';
import type { JobRecord } from '../language/record.js';
import type { Gates } from './gates.js';
import type { Ending } from './ending.js';
import type { EndJob } from './groupMessages.js';
import type { JobsBoard } from './jobsBoard.js';
import type { RunCancel } from './runCancel.js';
import type { Starts } from './starts.js';

/** What the jobs of one workflow share. */
export interface JobsRuntime {
  readonly jobs: readonly JobPlan[];
  readonly run: RunFacts;
  readonly board: JobsBoard;
  readonly cancel: RunCancel;
  /** A failed step waits this long for a person. Milliseconds. @default it does not wait */
  readonly parkMs?: number | undefined;
  /** The id of the workflow whose children the jobs are. */
  readonly owner: string;
  /** The job that calls this workflow. @default it is the run's own */
  readonly caller?: Pick<JobRecord, 'key' | 'name'>;
  readonly gates: Gates;
  readonly starts: Starts;
  /** Of the jobs that are started or about to be, by key. */
  readonly endings: Map<string, Ending>;
}

/** What a job is started with. */
export interface JobStart {
  readonly plan: JobPlan;
  readonly record: JobRecord;
  readonly facts: JobFacts;
  /** Its key in its own workflow. */
  readonly local: string;
}

/** `build`, or `deploy / build` of a job that `deploy` calls. */
export function keyOf(local: string, { caller }: Pick<JobsRuntime, 'caller'>): string {
  return caller ? `${caller.key} / ${local}` : local;
}

export function nameOf(local: string, { caller }: Pick<JobsRuntime, 'caller'>): string {
  return caller ? `${caller.name} / ${local}` : local;
}

export function endJobOf({ endings }: Pick<JobsRuntime, 'endings'>, { key, reason }: EndJob): void {
  endings.get(key)?.end(reason);
}
