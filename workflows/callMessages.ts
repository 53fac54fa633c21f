/** Between a run and the workflows that its jobs call. */
import { defineSignal } from '@temporalio/workflow';
import type { RunFacts } from '../language/contexts.js';
import type { CallPlan } from '../language/plan.js';
import type { Conclusion, JobRecord, UndoEntry } from '../language/record.js';

export interface CallInput {
  /** Of the called workflow: its inputs, its `env`, its secrets; all else is the run's. */
  readonly run: RunFacts;
  readonly call: Pick<CallPlan, 'outputs' | 'workflow'>;
  /** The calling job's key and name: those of its jobs begin with them. */
  readonly caller: Pick<JobRecord, 'key' | 'name'>;
  /** As in `JobInput`. */
  readonly parkMs?: number;
  /** The records of its jobs to go on from. Empty at first. */
  readonly jobs: readonly JobRecord[];
}

/** A called workflow never throws: this is how it ends, whatever happened. */
export interface CallResult {
  readonly conclusion: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
  /** Of its jobs, and of those that they call. */
  readonly jobs: readonly JobRecord[];
  readonly undos: readonly UndoEntry[];
  /** Why it failed or did not begin, for a person. */
  readonly error?: string;
}

/** The type of a called workflow. */
export const CALL_WORKFLOW = 'call';
export type CallWorkflow = (input: CallInput) => Promise<CallResult>;

/** Records that changed, and undos registered since the last report. */
export interface CallReport {
  readonly jobs: readonly JobRecord[];
  readonly undos: readonly UndoEntry[];
}

/** From a called workflow, however deep, to its run. */
export const callReport = defineSignal<[CallReport]>('call-report');
