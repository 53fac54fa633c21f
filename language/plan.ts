/**
 * The plan: what a run runs, whatever happens to the file later. JSON, readonly; made by `language/makePlan` outside the
 * workflow. What depends on earlier results stays an expression in it.
 */
import type { JobId, StepAddress } from './ids.js';

/** A string that may hold `${{ expressions }}`. */
export type Template = string;
/** An expression without its `${{ }}`. */
export type ExpressionText = string;
export type Scalar = string | number | boolean;
/** Values as written in the file: strings may be templates. */
export type Values = Readonly<Record<string, Scalar>>;
/** What a run does with what it made when a step has failed for good. */
export type OnFailure = 'undo' | 'keep';

export interface Plan {
  readonly version: 1;
  /** The file's name without its ending, which is the workflow type: `deploy`. */
  readonly type: string;
  /** The workflow's `name:`, or its type. */
  readonly name: string;
  /** The file as the user named it, for messages. */
  readonly file: string;
  /** The resolved `workflow_dispatch` inputs, typed. */
  readonly inputs: Values;
  readonly env: Values;
  readonly onFailure: OnFailure;
  /** Runs with the same group run one after the other. */
  readonly concurrency?: Template;
  readonly jobs: readonly JobPlan[];
}

export interface RunDefaults {
  readonly shell?: Template;
  readonly workingDirectory?: Template;
}

export interface JobPlan {
  readonly id: JobId;
  readonly name: Template;
  readonly needs: readonly JobId[];
  readonly if?: ExpressionText;
  /** `worker`, a machine's name, or a template of either. */
  readonly runsOn: Template;
  readonly env: Values;
  readonly defaults: RunDefaults;
  readonly strategy?: StrategyPlan;
  /** Minutes; a template or a number. @default 360 */
  readonly timeoutMinutes: Scalar;
  /** A boolean or a template of one. @default false */
  readonly continueOnError: Scalar;
  readonly outputs: Readonly<Record<string, Template>>;
  readonly steps: readonly StepPlan[];
}

export interface StrategyPlan {
  /** The matrix as written (arrays of any JSON, `include`, `exclude`), or a template that gives it. */
  readonly matrix: Template | Readonly<Record<string, unknown>>;
  /** @default true */
  readonly failFast: Scalar;
  /** @default unlimited */
  readonly maxParallel?: Scalar;
}

interface StepBase {
  readonly address: StepAddress;
  readonly id?: string;
  readonly name: Template;
  readonly if?: ExpressionText;
  readonly env: Values;
  /** Minutes. @default the job's */
  readonly timeoutMinutes?: Scalar;
  /** @default false */
  readonly continueOnError: Scalar;
  readonly retry?: RetryPlan;
}

/** `retry:` of a step (ours, not GitHub's). Durations are milliseconds here. */
export interface RetryPlan {
  readonly maxAttempts: number;
  /** @default 1000 */
  readonly initialIntervalMs: number;
  /** @default 2 */
  readonly backoff: number;
  /** @default 60000 */
  readonly maxIntervalMs: number;
  readonly nonRetryableExitCodes: readonly number[];
}

/** A `run:` step: a script in a shell on the job's runner. */
export interface RunStepPlan extends StepBase {
  readonly kind: 'run';
  readonly run: Template;
  readonly shell?: Template;
  readonly workingDirectory?: Template;
  /** A script that undoes the step. */
  readonly undo?: Template;
}

/** A `uses:` step: a built-in action, done by one activity. */
export interface ActionStepPlan extends StepBase {
  readonly kind: 'action';
  /** What `uses:` says: `fleetwright/boot-servers@v1`. */
  readonly uses: string;
  /** The action's name, which is the activity's type: `boot-servers`. */
  readonly activity: string;
  /** The type of the activity that undoes it: `delete-servers`. */
  readonly undo?: string;
  /** The step's `with`, the action's defaults filled in. */
  readonly with: Values;
  /** What each input is coerced to after evaluation. */
  readonly inputTypes: Readonly<Record<string, InputType>>;
}

export type StepPlan = RunStepPlan | ActionStepPlan;
export type InputType = 'string' | 'number' | 'boolean';
