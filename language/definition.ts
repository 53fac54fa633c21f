/** A workflow file, parsed and checked. Not yet resolved against inputs and actions: that is the plan. */
import type { Position } from './diagnostics.js';
import type { ActionStepPlan, ConcurrencyPlan, JobPlan, OnFailure, RunDefaults, RunStepPlan, Scalar, Values } from './plan.js';

export interface Definition {
  /** The file as the user named it. */
  readonly file: string;
  /** The file's name without folder and ending: `deploy`. */
  readonly type: string;
  /** The workflow's `name:`. */
  readonly name?: string;
  readonly inputs: readonly DispatchInput[];
  readonly env: Values;
  readonly defaults: RunDefaults;
  readonly concurrency?: ConcurrencyPlan;
  readonly onFailure?: OnFailure;
  readonly jobs: readonly JobDefinition[];
}

export type DispatchInputType = 'string' | 'boolean' | 'choice' | 'number';

/** One of `on.workflow_dispatch.inputs`. */
export interface DispatchInput {
  readonly name: string;
  readonly description?: string;
  /** @default string */
  readonly type: DispatchInputType;
  /** @default false */
  readonly required: boolean;
  readonly default?: Scalar;
  /** Of a choice. */
  readonly options?: readonly string[];
  /** Where its name stands. */
  readonly position: Position;
}

/** The defaults of the workflow are already under those of the job. */
export interface JobDefinition extends Omit<JobPlan, 'steps'> {
  readonly position: Position;
  readonly steps: readonly StepDefinition[];
}

export type StepDefinition = RunStepDefinition | UsesStepDefinition;

export interface RunStepDefinition extends RunStepPlan {
  readonly position: Position;
}

/** A `uses:` step whose action has not been looked up. */
export interface UsesStepDefinition extends Omit<ActionStepPlan, 'activity' | 'undo' | 'inputTypes'> {
  readonly position: Position;
  readonly usesPosition: Position;
  /** Where each key of `with` stands, and its value. */
  readonly withPositions: ReadonlyMap<string, { readonly key: Position; readonly value: Position }>;
}
