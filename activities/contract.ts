/**
 * What an activity of an action takes and gives. Activity types are the actions' names (`boot-servers`);
 * `actions/<name>/action.yml` says which inputs and outputs each has.
 */
import type { JobFacts } from '../language/contexts.js';
import type { DeferredWith } from '../language/deferredWith.js';
import type { RunId, StepAddress } from '../language/ids.js';
import type { EventFacts, JobPlan, OnFailure, StepPlan, UsesStepPlan, Values } from '../language/plan.js';
import type { StepRecord } from '../language/record.js';

/** How long a step may take and how often it is tried: enforced by the activity, so that time without a worker does not count. */
export interface StepLimits {
  /** Milliseconds of one attempt. */
  readonly timeoutMs: number;
  /** Attempts of a step that fails with a fault that may pass; an attempt that a crash cut short counts too. */
  readonly maxAttempts: number;
}

/** Input of an action's activity: the step's evaluated `with`, and who asks. */
export interface ActionInput {
  readonly run: RunId;
  /** The run attempt. */
  readonly attempt: number;
  /** The job's key. */
  readonly job: string;
  readonly step: StepAddress;
  readonly with: Values;
  /** Inputs that the activity evaluates, since they read a secret. */
  readonly deferred?: DeferredWith;
  readonly limits: StepLimits;
  /** Of an undo: the type of the activity that it undoes. */
  readonly of?: string;
  /** Of an undo: what the run made before this step stays. @default all that the run made goes */
  readonly partly?: boolean;
}

/** Result of an action's activity. `outputs` are what `steps.<id>.outputs` holds. */
export interface ActionResult {
  readonly outputs: Readonly<Record<string, string>>;
  /** Why the step failed although it has outputs. @default it succeeded */
  readonly failure?: string;
}

/** The activity that runs the script that undoes a `run:` step. */
export const UNDO_SCRIPT_ACTIVITY = 'undo-script';

/** The activity that runs a segment: consecutive steps of a job, back to back, in one workspace of one host. */
export const STEPS_ACTIVITY = 'run-steps';

/** Input of `run-steps`. Nothing of it is evaluated: the activity does that with the code of `language/` that the workflow uses. */
export interface StepsInput {
  readonly facts: JobFacts;
  /** The job's key: its workspace and its journal are named by it. */
  readonly key: string;
  readonly job: Omit<JobPlan, 'steps'>;
  /** The run's inputs `cluster` and `provider`: they say which cluster's machine `runs-on` means. */
  readonly cluster?: string;
  readonly provider?: string;
  /** The steps of the segment, in order; none of them is completed. Empty at a job's end, when only post steps are left. */
  readonly steps: readonly StepPlan[];
  /** What `github.action` is in each of them. @default its id, or `__run` */
  readonly actions?: readonly string[];
  /** Steps that use actions and completed in an earlier attempt of the run: their post steps run again. @default none */
  readonly kept?: readonly StepAddress[];
  /** Records of the completed steps before it, those that later steps can see: with an id, with `env` or `path`, or failed. */
  readonly before: readonly StepRecord[];
  /** Of the job's first segment: the steps behind it whose actions may have something to do before the job's first step. @default none */
  readonly ahead?: readonly UsesStepPlan[];
  /** What `github.action` is in these steps. */
  readonly actionsAhead?: readonly string[];
  /** The job is to end: only what `always()` or `cancelled()` let run is run, and post steps. */
  readonly cancelled: boolean;
  /** Since when, milliseconds since the epoch: its `cancel-timeout-minutes` are counted from there. @default from when the activity is told */
  readonly cancelledAt?: number;
  /** No step of the job comes after it: post steps run, containers end. */
  readonly last: boolean;
  /** When the job must have ended: milliseconds since the epoch. */
  readonly deadline: number;
  /** The first step was started by the segment before and lasts longer than a moment: return when it has ended. */
  readonly alone: boolean;
  /** A step that fails ends the segment, with all that comes after it still to be done. @default false */
  readonly pauses?: boolean;
  /** Steps that a person had run again, and how often they have been run with that: what is known of the tries before counts no more. */
  readonly tries?: Readonly<Record<string, number>>;
}

export interface StepsResult {
  /** What the segment did, in order: completed steps, pre and post steps of actions among them; at most the last is `in_progress`. */
  readonly steps: readonly StepRecord[];
  /** The task queue of the host with the job's workspace. */
  readonly queue: string;
  /** There is something to end yet: post steps, containers. A last segment does it. */
  readonly open: boolean;
  /** The job's outputs, when it is over. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** Why the job cannot go on (an action that is not there, a container that does not start): it fails, whatever its steps say. */
  readonly error?: string;
}

/** Input of `load-plan`. */
export interface LoadPlanInput {
  /** The workflow type. */
  readonly type: string;
  readonly inputs: Values;
  /** A path on the worker's host. @default searched for by type in the worker's folders */
  readonly file?: string;
  readonly onFailure?: OnFailure;
  /** Milliseconds. @default the file's `wait-timeout` */
  readonly waitTimeoutMs?: number;
  /** @default what the worker finds beside the file: the git checkout in which it stands */
  readonly facts?: EventFacts;
  /** Only this job and those that it needs. @default all */
  readonly job?: string;
}

/** Input of `await-workflow-closed`: waits until the workflow with this id is closed or not there. */
export interface AwaitClosedInput {
  readonly workflowId: string;
}

/** Names of the failures that activities throw, for the workflow's eyes. */
export const FAILURES = { invalidRun: 'InvalidRun', timeout: 'StepTimeout', undo: 'UndoFailed' } as const;

/** Result of an undo: by tag, "not found" is done. */
export interface UndoResult {
  /** `container core01`, `unit db.service`, ... */
  readonly removed: readonly string[];
  /** What it could not remove, with the reason. */
  readonly left: readonly string[];
}
