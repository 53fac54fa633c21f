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
export type OnFailure = 'undo' | 'keep' | 'wait';
/** What `actions/cache` may do in a job. */
export type CacheMode = 'read' | 'write' | 'write-only' | 'none';
/** How long `on-failure: wait` waits for a person when the file does not say. Milliseconds: a day. */
export const WAIT_TIMEOUT_MS = 86_400_000;

export interface Plan {
  readonly version: 1;
  /** The file's name without its ending, which is the workflow type: `deploy`. */
  readonly type: string;
  /** The workflow's `name:`, or its type. */
  readonly name: string;
  /** The file as the user named it, for messages. */
  readonly file: string;
  /** What the run is called in lists; a template over `github`, `inputs` and `vars`. @default the name */
  readonly runName?: Template;
  /** The resolved inputs of `workflow_dispatch` or `workflow_call`, typed. */
  readonly inputs: Values;
  readonly env: Values;
  readonly onFailure: OnFailure;
  /** Of `on-failure: wait`: after this long without a decision the run is undone. Milliseconds. @default 86400000 */
  readonly waitTimeoutMs?: number;
  readonly concurrency?: ConcurrencyPlan;
  readonly jobs: readonly JobPlan[];
  /** What is known of the event, the repository and the person when the run is started. @default nothing: dispatched by nobody */
  readonly facts?: EventFacts;
}

/** What `github`, `vars` and the runners' labels are made from: gathered once, before the run, and kept by it. */
export interface EventFacts {
  /** Keys of the `github` context that do not depend on the job: `event_name`, `event`, `repository`, `ref`, `sha`, `actor`, ... */
  readonly github: Readonly<Record<string, unknown>>;
  /** The `vars` context. */
  readonly vars: Readonly<Record<string, string>>;
  /** Lies under the workflow's `env` (`--env`). */
  readonly env: Readonly<Record<string, string>>;
  /** What a label of `runs-on` stands for: `worker`, or a machine's name. Labels in lower case. */
  readonly runners: Readonly<Record<string, string>>;
  /** A folder of the worker's host that jobs use as their workspace. @default a fresh one for each job */
  readonly workspace?: string;
  /** The folder in which the run's repository is checked out: what the built-in checkout copies, and `./` actions come from before it. */
  readonly repository?: string;
  /** The gates of environments, by their names in lower case. @default none */
  readonly environments?: Readonly<Record<string, EnvironmentGate>>;
}

/** What a job with this `environment` waits for, as the project's settings say. */
export interface EnvironmentGate {
  /** One of them has to approve. Compared without case. Empty: nobody has to. */
  readonly reviewers: readonly string[];
  /** @default 0 */
  readonly waitMinutes?: number;
}

/** Runs, or jobs, of one group run one after the other. Groups are compared without case. */
export interface ConcurrencyPlan {
  readonly group: Template;
  /** A boolean or a template of one. @default false */
  readonly cancelInProgress: Scalar;
  /** `single`: a newer pending one replaces the older. `max`: up to 100 wait in order. Or a template of one of them. @default single */
  readonly queue: Template;
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
  /** Labels, or one template that gives a label, a list of them, or an object with `labels`. Empty for a job that calls a workflow. */
  readonly runsOn: Template | readonly Template[];
  /** `runs-on.group`: any runner of it. `runsOn` has the labels, or, where there are none, the group. */
  readonly runnerGroup?: Template;
  readonly env: Values;
  readonly defaults: RunDefaults;
  readonly strategy?: StrategyPlan;
  /** Minutes; a template or a number. @default 360 */
  readonly timeoutMinutes: Scalar;
  /** A boolean or a template of one. @default false */
  readonly continueOnError: Scalar;
  readonly outputs: Readonly<Record<string, Template>>;
  readonly concurrency?: ConcurrencyPlan;
  /** @default write */
  readonly cacheMode?: CacheMode;
  /** Minutes in which a cancelled job must end before it is ended by force. @default 5 */
  readonly cancelTimeoutMinutes?: Scalar;
  /** The name of the environment whose gate the job waits for, and its `url`. */
  readonly environment?: { readonly name: Template; readonly url?: Template };
  /** The container in which its steps run. */
  readonly container?: ContainerPlan | Template;
  /** By name; or one template that gives them. */
  readonly services?: Readonly<Record<string, ContainerPlan | Template>> | Template;
  readonly steps: readonly StepPlan[];
  /** A job that calls a reusable workflow: it has no steps of its own. */
  readonly call?: CallPlan;
}

/** `container:`, or one of `services:`. Every text may be a template. */
export interface ContainerPlan {
  readonly image: Template;
  readonly credentials?: { readonly username: Template; readonly password: Template } | Template;
  readonly env: Values;
  readonly ports: readonly Scalar[];
  readonly volumes: readonly Template[];
  readonly options?: Template;
  /** Of a service. */
  readonly entrypoint?: Template;
  readonly command?: Template;
}

/** `jobs.<id>.uses`: the called workflow is a part of the plan, so a run needs no file after its start. */
export interface CallPlan {
  /** What `uses:` says: `./.github/workflows/build.yml`, `owner/repo/.github/workflows/build.yml@v1`. */
  readonly uses: string;
  /** Templates by the names that the called workflow declares. */
  readonly with: Values;
  /** The called workflow's inputs: types, and defaults (templates over `github` and `vars`) for what `with` does not give. */
  readonly inputs: Readonly<Record<string, { readonly type: InputType; readonly default?: Scalar }>>;
  /** `inherit`, or templates by name. @default none */
  readonly secrets: 'inherit' | Readonly<Record<string, Template>>;
  /** `on.workflow_call.outputs`: templates over `jobs`, `github`, `inputs` and `vars`. */
  readonly outputs: Readonly<Record<string, Template>>;
  readonly workflow: Pick<Plan, 'type' | 'name' | 'file' | 'env' | 'jobs' | 'concurrency'>;
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
  /** It is started and not waited for. @default false */
  readonly background?: boolean;
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

/**
 * A `uses:` step whose action is looked up when its job runs: `./path`, `owner/repo/path@ref`, `docker://image`. Composite, JavaScript
 * and Docker actions, and the public actions that are built in (`actions/checkout@v4`).
 */
export interface UsesStepPlan extends StepBase {
  readonly kind: 'uses';
  readonly uses: string;
  readonly with: Values;
}

/** `wait:`, `wait-all:` and `cancel:`: what becomes of the job's background steps. */
export interface ControlStepPlan extends StepBase {
  readonly kind: 'wait' | 'cancel';
  /** The ids of background steps; absent: all that run. */
  readonly targets?: readonly string[];
}

export type StepPlan = RunStepPlan | ActionStepPlan | UsesStepPlan | ControlStepPlan;
export type InputType = 'string' | 'number' | 'boolean';
