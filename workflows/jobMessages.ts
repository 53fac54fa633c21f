/** Between a run and its jobs: a job's input and result, and the signal by which it says how far it is. */
import { defineSignal } from '@temporalio/workflow';
import type { NeedFacts, RunFacts } from '../language/contexts.js';
import type { JobPlan } from '../language/plan.js';
import type { JobRecord, JobWait, StepRecord, UndoEntry } from '../language/record.js';
import { JOB_REPORT } from './messages.js';

export interface JobInput {
  readonly run: RunFacts;
  readonly plan: JobPlan;
  /** The record to go on from: a fresh one, or that of an earlier attempt with its completed steps. */
  readonly record: JobRecord;
  readonly needs: Readonly<Record<string, NeedFacts>>;
  /** What `strategy` holds in expressions: the job's place in its matrix. */
  readonly strategy: Readonly<Record<string, unknown>>;
  /** A failed step waits this long for a person. Milliseconds. @default it does not wait */
  readonly parkMs?: number;
  /** When it continues as new. @default nothing has run on a host */
  readonly host?: HostStanding;
}

/** How a job stands on its host. */
export interface HostStanding {
  /** There is something to end yet: post steps, containers. */
  readonly open: boolean;
  /** The task queue of the host with the job's workspace. @default any worker's */
  readonly queue?: string | undefined;
  /** The step that the last segment left running. */
  readonly followed?: string;
  /** The job's outputs, once its host has evaluated them. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** Why the job cannot go on. */
  readonly error?: string;
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
  /** For what the job waits from now on; absent: for nothing. */
  readonly waiting?: JobWait;
  /** The job's workflow, which takes `decide`. */
  readonly workflowId?: string;
}

/** What becomes of a parked step. `fail`: it has failed for good, and the job goes on to its end. */
export type ParkDecision = { readonly kind: 'retry' } | { readonly kind: 'skip'; readonly outputs: Readonly<Record<string, string>> } | { readonly kind: 'fail' };

/** From the run to a job with a parked step. */
export const decideParked = defineSignal<[ParkDecision]>('decide-parked');

export const jobReport = defineSignal<[JobReport]>(JOB_REPORT);
