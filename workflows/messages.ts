/** What goes in and out of a run: its arguments, its query, its memo and search attributes. Types and names only: the CLI imports this. */
import type { EventFacts, OnFailure, Plan, Values } from '../language/plan.js';
import type { ProgressRecord } from '../language/record.js';
import type { Restart } from '../language/restart.js';
import { isGone } from '../language/undoing.js';

/** The task queue of the worker. */
export const TASK_QUEUE = 'fleetwright';

/** Signal of a run: how far one of its jobs is, and what undoes a step of it. */
export const JOB_REPORT = 'job-report';

/**
 * How long the server waits for a workflow task that it has given away, of a run and all below it: what a worker had in hand when it was killed is given to
 * the next one only then. One that takes longer gets more time after three attempts, from the server (ADR 0017).
 */
export const WORKFLOW_TASK_TIMEOUT = '2 seconds';

/**
 * A run is a workflow whose type is the file's name and whose arguments are `[inputs]` (as from the Temporal UI) or
 * `[inputs, RunOptions]`.
 */
export interface RunOptions {
  /** The workflow file's path on the worker's host. @default the file of the worker's folders whose name is the workflow type */
  readonly file?: string;
  /** @default the file's `on-failure`, or `undo` */
  readonly onFailure?: OnFailure;
  /** How long `on-failure: wait` waits. Milliseconds. @default the file's `wait-timeout`, or a day */
  readonly waitTimeoutMs?: number;
  /** Of the event, the repository and the person. @default what the worker finds beside the file */
  readonly facts?: EventFacts;
  /** Only this job and those that it needs. @default all */
  readonly job?: string;
  /** Goes on from this plan and record: the next attempt of a closed run. The inputs given are then ignored. */
  readonly continueFrom?: {
    readonly plan: Plan;
    readonly record: ProgressRecord;
    /** @default at the failed steps */
    readonly from?: Restart;
  };
}
export type RunArguments = readonly [inputs?: Values, options?: RunOptions];

/**
 * Updates of a run. One that cannot be done now is refused with the reason, and leaves nothing in the history.
 *
 * `retry`, `skip`: the parked step. `undo`: gives up what is parked, so that the run is undone. `cancel`: as the cancel of Temporal's.
 * `approve`, `reject`: the jobs that wait for an environment.
 */
export const UPDATES = { retry: 'retry', skip: 'skip', undo: 'undo', cancel: 'cancel', approve: 'approve', reject: 'reject' } as const;

/** Of `retry`. */
export interface StepChoice {
  /** A step's address; with the job's key where jobs of a matrix have it too: `web/verify`, `web (18)/verify`. @default the one that is parked */
  readonly step?: string;
}

/** Of `skip`. */
export interface SkipChoice extends StepChoice {
  /** What later steps see as its outputs. @default none */
  readonly outputs?: Readonly<Record<string, string>>;
}

/** Of `approve` and `reject`. */
export interface GateChoice {
  readonly environment?: string;
  /** Who says so. */
  readonly by?: string;
  readonly comment?: string;
}

/** What an update of a run answers. */
export interface Decided {
  /** The steps that it was about, as `<job's key>/<step>`; of a gate the keys of jobs. */
  readonly steps: readonly string[];
}

/** Query of a run: its ProgressRecord, live. */
export const PROGRESS_QUERY = 'progress';
/** Query of a run: its Plan, or null before it is made. */
export const PLAN_QUERY = 'plan';

/**
 * Memo keys of a run. `name` is what `run-name` gave, where the file has one. `record` is written when the run closes, however it closes, so that a client can read it without a
 * worker. The plan is left to its query: who goes on with it needs a worker anyway, and a memo is best kept small.
 */
export const MEMO = { record: 'record', name: 'name' } as const;

/** Whether nobody can go on with a closed run, or undo it, by its memo. */
export function isFinal({ [MEMO.record]: record }: Readonly<Record<string, unknown>>): boolean {
  return record !== undefined && isGone(record as ProgressRecord);
}

/** Search attributes, all of type Keyword. */
export const SEARCH_ATTRIBUTES = {
  cluster: 'FleetwrightCluster',
  file: 'FleetwrightFile',
  conclusion: 'FleetwrightConclusion',
} as const;

/** Types of the failure with which a run closes. */
export const RUN_FAILURES = {
  /** The file or the inputs are invalid: nothing was started. Details: the diagnostics. */
  invalid: 'InvalidRun',
  /** A job failed. */
  failed: 'RunFailed',
} as const;

/**
 * The lock of a concurrency group is a child workflow with this id: at most one is open, and it closes with its run however
 * the run closes. Its memo `holder` is the run's id; of a job's lock, `job` is the job's key and `owner` the workflow of which it is a child.
 */
export function groupLockId(group: string): string {
  return groupPlaceId(group, 0);
}
export const LOCK_MEMO_HOLDER = 'holder';
/** With what the ids of places begin at which somebody waits; then its number and the group. */
export const GROUP_QUEUE = 'group-queue/';

/** The id of a group's place: 0 is the lock, and those who wait stand at 1 and after. */
export function groupPlaceId(group: string, at: number): string {
  return at === 0 ? `group/${group.toLowerCase()}` : `${GROUP_QUEUE}${at}/${group.toLowerCase()}`;
}
