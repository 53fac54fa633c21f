/** A workflow file, parsed and checked. Not yet resolved against inputs, actions and called workflows: that is the plan. */
import type { Position } from './diagnostics.js';
import type {
  ActionStepPlan, CacheMode, CallPlan, ConcurrencyPlan, ControlStepPlan, InputType, JobPlan, OnFailure, RunDefaults, RunStepPlan, Scalar, Template, UsesStepPlan, Values,
} from './plan.js';

export interface Definition {
  /** The file as the user named it. */
  readonly file: string;
  /** The file's name without folder and ending: `deploy`. */
  readonly type: string;
  /** The workflow's `name:`. */
  readonly name?: string;
  readonly runName?: Template;
  /** What `on` says, in the order of the file. */
  readonly triggers: readonly Trigger[];
  /** Of `workflow_dispatch`; where the file has only `workflow_call`, its inputs. */
  readonly inputs: readonly DispatchInput[];
  /** `on.workflow_call`, when the file has it. */
  readonly call?: CallInterface;
  readonly env: Values;
  readonly defaults: RunDefaults;
  readonly concurrency?: ConcurrencyPlan;
  readonly permissions?: Permissions;
  readonly cacheMode?: CacheMode;
  readonly onFailure?: OnFailure;
  /** Milliseconds. */
  readonly waitTimeoutMs?: number;
  readonly jobs: readonly JobDefinition[];
}

export type PermissionLevel = 'none' | 'read' | 'write';

/** What `permissions` lets GitHub's own token do. Nothing here has one: it counts where a workflow calls another. */
export interface Permissions {
  /** By scope. */
  readonly levels: ReadonlyMap<string, PermissionLevel>;
  /** Of every other scope. */
  readonly rest: PermissionLevel;
}

/** One event of `on`. Patterns are GitHub's globs, in the order of the file. */
export interface Trigger {
  /** `push`. */
  readonly event: string;
  /** Activity types. @default those that GitHub takes for the event */
  readonly types?: readonly string[];
  /** By key: `branches`, `branches-ignore`, `tags`, `tags-ignore`, `paths`, `paths-ignore`, `workflows`, ... */
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** Of `schedule`. The time zone is UTC when it says none. */
  readonly schedules?: readonly { readonly cron: string; readonly timezone?: string }[];
}

export type DispatchInputType = 'string' | 'boolean' | 'choice' | 'number' | 'environment';

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

/** What a workflow that can be called takes and gives. Names as in the file. */
export interface CallInterface {
  readonly inputs: ReadonlyMap<string, CallInput>;
  readonly secrets: ReadonlyMap<string, { readonly required: boolean }>;
  readonly outputs: ReadonlyMap<string, Template>;
}

export interface CallInput {
  readonly type: InputType;
  readonly required: boolean;
  /** May be a template over `github` and `vars`. */
  readonly default?: Scalar;
  readonly description?: string;
  readonly position: Position;
}

/** The defaults of the workflow are already under those of the job. */
export interface JobDefinition extends Omit<JobPlan, 'steps' | 'call'> {
  readonly position: Position;
  readonly steps: readonly StepDefinition[];
  readonly call?: CallDefinition;
  readonly permissions?: Permissions;
}

/** A job's `uses`, before the called workflow has been looked up. */
export interface CallDefinition extends Pick<CallPlan, 'uses' | 'with' | 'secrets'> {
  readonly usesPosition: Position;
  readonly withPositions: KeyPositions;
  readonly secretPositions: KeyPositions;
}

/** Where each key of a mapping stands, and its value. */
export type KeyPositions = ReadonlyMap<string, { readonly key: Position; readonly value: Position }>;

export type StepDefinition = RunStepDefinition | ActionStepDefinition | UsesStepDefinition | ControlStepDefinition;

export interface RunStepDefinition extends RunStepPlan {
  readonly position: Position;
}

/** A step that uses an action of ours (`fleetwright/NAME@v1`) which has not been looked up. */
export interface ActionStepDefinition extends Omit<ActionStepPlan, 'activity' | 'undo' | 'inputTypes'> {
  readonly position: Position;
  readonly usesPosition: Position;
  readonly withPositions: KeyPositions;
}

export interface UsesStepDefinition extends UsesStepPlan {
  readonly position: Position;
  readonly usesPosition: Position;
  readonly withPositions: KeyPositions;
}

export interface ControlStepDefinition extends ControlStepPlan {
  readonly position: Position;
}
