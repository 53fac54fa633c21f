/** Between a run and its jobs: a job's input and result, and the signal by which it says how far it is. */
import { defineSignal } from '@temporalio/workflow';
import type { JobId, RunId } from '../language/ids.js';
import type { JobPlan, Values } from '../language/plan.js';
import type { Conclusion, JobRecord, StepRecord, UndoEntry } from '../language/record.js';

/** What a job needs of its run. */
export interface RunFacts {
  readonly id: RunId;
  readonly attempt: number;
  readonly name: string;
  readonly inputs: Values;
  readonly env: Values;
}

export interface NeedResult {
  readonly result: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface JobInput {
  readonly run: RunFacts;
  readonly plan: JobPlan;
  /** The record to go on from: a fresh one, or that of an earlier attempt with its completed steps. */
  readonly record: JobRecord;
  readonly needs: Readonly<Record<JobId, NeedResult>>;
  /** What `strategy` holds in expressions: the job's place in its matrix. */
  readonly strategy: Readonly<Record<string, unknown>>;
}

/** A job never throws: this is how it ends, whatever happened. */
export interface JobResult {
  readonly record: JobRecord;
  /** In the order in which they were registered, each before its step acted. */
  readonly undos: readonly UndoEntry[];
}

/** Steps that changed, and undos registered since the last report. */
export interface JobReport {
  readonly key: string;
  readonly steps: readonly StepRecord[];
  readonly undos: readonly UndoEntry[];
}

export const jobReport = defineSignal<[JobReport]>('job-report');
