/**
 * What an activity of an action takes and gives. Activity types are the actions' names (`boot-servers`);
 * `actions/<name>/action.yml` says which inputs and outputs each has.
 */
import type { RunId, StepAddress } from '../language/ids.js';
import type { OnFailure, Values } from '../language/plan.js';

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
  readonly step: StepAddress;
  readonly with: Values;
  readonly limits: StepLimits;
}

/** Result of an action's activity. `outputs` are what `steps.<id>.outputs` holds. */
export interface ActionResult {
  readonly outputs: Readonly<Record<string, string>>;
  /** Why the step failed although it has outputs. @default it succeeded */
  readonly failure?: string;
}

/** The activity that runs a `run:` step's script, and its undo. */
export const SCRIPT_ACTIVITY = 'run-script';
export const UNDO_SCRIPT_ACTIVITY = 'undo-script';

/** Input of `run-script`. Everything is evaluated. */
export interface ScriptInput {
  readonly run: RunId;
  readonly attempt: number;
  readonly step: StepAddress;
  /** The job's key: its workspace is shared by its steps. */
  readonly job: string;
  readonly script: string;
  /** GitHub's `shell:`; absent: bash -e. */
  readonly shell?: string;
  readonly workingDirectory?: string;
  readonly env: Readonly<Record<string, string>>;
  /** What earlier steps put before PATH, the latest first. */
  readonly path: readonly string[];
  /** `worker`, or a machine of `cluster`. */
  readonly runsOn: string;
  readonly cluster?: string;
  readonly provider?: string;
  readonly nonRetryableExitCodes: readonly number[];
  readonly limits: StepLimits;
}

/** Result of `run-script`: what the script's environment files said. A failure throws, unless the script handed something over before it. */
export interface ScriptResult extends ActionResult {
  /** Added through GITHUB_ENV. */
  readonly env: Readonly<Record<string, string>>;
  /** Added through GITHUB_PATH, the latest first. */
  readonly path: readonly string[];
}

/** Input of `load-plan`. */
export interface LoadPlanInput {
  /** The workflow type. */
  readonly type: string;
  readonly inputs: Values;
  /** A path on the worker's host. @default searched for by type in the worker's folders */
  readonly file?: string;
  readonly onFailure?: OnFailure;
}

/** Input of `await-workflow-closed`: waits until the workflow with this id is closed or not there. */
export interface AwaitClosedInput {
  readonly workflowId: string;
}

/** Names of the failures that activities throw, for the workflow's eyes. */
export const FAILURES = { invalidRun: 'InvalidRun', timeout: 'StepTimeout', script: 'ScriptFailed' } as const;

/** Result of an undo: by tag, "not found" is done. */
export interface UndoResult {
  /** `container core01`, `unit db.service`, ... */
  readonly removed: readonly string[];
  /** What it could not remove, with the reason. */
  readonly left: readonly string[];
}
