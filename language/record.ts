/**
 * The progress record: how far a run is. A run starts from a plan and a record (an empty one at first); resume and
 * continue-as-new are that same start with a fuller record. JSON, and the same shape for the CLI's live view.
 */
import type { DeferredWith } from './deferredWith.js';
import type { JobId, RunId, StepAddress } from './ids.js';
import type { Scalar, Values } from './plan.js';

/** Where something stands. GitHub's words. */
export type Status = 'queued' | 'in_progress' | 'waiting' | 'completed';
/** How a completed thing ended. */
export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface StepRecord {
  readonly address: StepAddress;
  readonly id?: string;
  /** The expanded name. */
  readonly name: string;
  readonly status: Status;
  /** Before `continue-on-error`. */
  readonly outcome?: Conclusion;
  /** After `continue-on-error`. */
  readonly conclusion?: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
  /** Why it failed, for a person: at most 4 KiB. */
  readonly error?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** What this `run:` step added to GITHUB_ENV and GITHUB_PATH for the steps after it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of GITHUB_PATH, the latest first. */
  readonly path?: readonly string[];
  /** A step that the plan does not have: what an action runs before the job's first step, or after its last. */
  readonly stage?: 'pre' | 'post';
  /** How often a person had it run in this attempt, when more than once. */
  readonly tries?: number;
}

/** What undoes one step. Registered before the step acts. */
export interface UndoEntry {
  /** The key of the step's job. */
  readonly job: string;
  readonly address: StepAddress;
  readonly name: string;
  /** The activity's type. */
  readonly activity: string;
  /** The type of the activity that it undoes, for an undo that several actions share. @default a script */
  readonly of?: string;
  readonly with: Values;
  /** What of its inputs the activity evaluates. */
  readonly deferred?: DeferredWith;
  /** The task queue of the host that alone can undo it. @default any worker's */
  readonly queue?: string;
  /** That host's name, for a person. */
  readonly host?: string;
}

/** For what a job that has `waiting` as its status waits. Times are milliseconds since the epoch. */
export type JobWait =
  /** A person decides about the step that failed: it is tried again or skipped, or the run is undone or cancelled. At `until` it is undone. */
  { readonly kind: 'parked'; readonly step: StepAddress; readonly since: number; readonly until: number }
  /** Its environment's gate. `until`: when the wait timer ends; `owner`: the workflow in which the job waits. */
  | { readonly kind: 'gate'; readonly environment: string; readonly reviewers: readonly string[]; readonly since: number; readonly until?: number; readonly owner: string };

/** Who let a job through its environment's gate, or did not. */
export interface GateVerdict {
  readonly verdict: 'approved' | 'rejected';
  readonly environment: string;
  /** As the person named themselves: nobody checks it. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly comment?: string;
}

export interface JobRecord {
  /** `web`, or `web (18, debian)` for one job of a matrix. The job's child workflow is `<run>/<key>`. */
  readonly key: string;
  readonly id: JobId;
  /** The key of the job that called the workflow of which this is a job. */
  readonly caller?: string;
  readonly name: string;
  readonly matrix?: Readonly<Record<string, unknown>>;
  readonly status: Status;
  /** After the job's `continue-on-error`, so it may be success where `result` is failure. What `needs.<id>.result` says, as on GitHub. */
  readonly conclusion?: Conclusion;
  /** How its steps ended, before `continue-on-error`. */
  readonly result?: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepRecord[];
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly error?: string;
  /** While it is queued: the concurrency group that another job or run holds. */
  readonly waitsFor?: string;
  /** While it waits for that: its place in the queue, from 1. */
  readonly queuePlace?: number;
  /** While its status is `waiting`. */
  readonly waiting?: JobWait;
  /** What was decided at its environment's gate. */
  readonly gate?: GateVerdict;
  /** How long it has been parked, which does not count as its time. Milliseconds. @default 0 */
  readonly parkedMs?: number;
}

export interface UndoRecord extends UndoEntry {
  readonly status: Status;
  readonly conclusion?: Conclusion;
  /** What could not be removed. */
  readonly left: readonly string[];
  readonly error?: string;
}

/** The whole of a run, as its `progress` query and its memo give it. */
export interface ProgressRecord {
  readonly run: RunId;
  readonly file: string;
  /** What `run-name` gave. */
  readonly name?: string;
  /** The run attempt, from 1; `resume` starts the next. */
  readonly attempt: number;
  readonly inputs: Readonly<Record<string, Scalar>>;
  readonly status: 'waiting' | 'in_progress' | 'undoing' | 'completed';
  readonly conclusion?: Conclusion;
  /** Whether what the run made has been undone. */
  readonly undone: boolean;
  readonly jobs: readonly JobRecord[];
  /** In the order of registration; undone last in, first out. */
  readonly undos: readonly UndoRecord[];
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Why the run failed, for a person. */
  readonly error?: string;
  /** While it waits: the concurrency group that another run holds. */
  readonly waitsFor?: string;
  /** While it waits for that: its place in the queue, from 1. */
  readonly queuePlace?: number;
}
