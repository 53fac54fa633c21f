/** Between the holder of a concurrency group and those who want it. */
import { defineSignal } from '@temporalio/workflow';

/** To a run, before its cancel: what wants it. */
export const explainCancel = defineSignal<[reason: string]>('explain-cancel');

export interface EndJob {
  readonly key: string;
  readonly reason: string;
}

/** To the run or called workflow of a job: the job is to end, and nothing else. */
export const endJob = defineSignal<[EndJob]>('end-job');
