/** Where a step stands: in the job itself, or inside a composite action. It says what the step's expressions see, and what its neighbours left. */
import { jobStatus, type JobStatus } from '../../language/conclusions.js';
import { environmentSoFar, type HostFacts, type JobFacts, pathSoFar, stepScope, type StepScopeInput } from '../../language/contexts.js';
import type { Scope } from '../../language/expressions.js';
import { handedOverSize } from '../../language/handedOver.js';
import type { StepPlan, Values } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';

/** What a composite action is to its steps. */
export interface CompositeFacts {
  /** Its folder on the job's host. */
  readonly folder: string;
  readonly repository?: string | undefined;
  readonly ref?: string | undefined;
  readonly inputs: Values;
  /** The name of the job's step that uses it: what `github.action` is in all of its own. */
  readonly action: string;
}

export class Frame {
  readonly #steps: StepRecord[] = [];
  #handedOverSize = 0;

  /**
   * @param path under which its steps stand: `build`, or `build/3` in a composite action
   * @param env the environment in which its steps begin
   * @param folders what is before PATH already, the first is searched first
   * @param actions what `github.action` is in the job's own steps, by address
   */
  constructor(
    readonly path: string,
    readonly facts: JobFacts,
    readonly host: HostFacts,
    readonly env: Readonly<Record<string, string>>,
    private readonly folders: readonly string[] = [],
    readonly composite?: CompositeFacts,
    readonly depth = 0,
    private readonly actions: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** What `github.action` is in a step that stands here. */
  actionOf({ address, id }: Pick<StepPlan, 'address' | 'id'>): string {
    return this.composite?.action ?? this.actions.get(address) ?? id ?? '__run';
  }

  add(...records: readonly StepRecord[]): void {
    for (const record of records) {
      this.#steps.push(record);
      this.#handedOverSize += handedOverSize(record);
    }
  }

  get steps(): readonly StepRecord[] {
    return this.#steps;
  }

  /** What is to be searched before PATH, the first first. */
  get searched(): readonly string[] {
    return [...pathSoFar(this.#steps), ...this.folders];
  }

  /** How much the steps so far have handed over: see `stepTooLarge`. */
  get handedOverSize(): number {
    return this.#handedOverSize;
  }

  /** Of GITHUB_ENV, by the steps so far. */
  get handedOver(): Readonly<Record<string, string>> {
    return environmentSoFar({}, this.#steps);
  }

  status(cancelled: boolean): JobStatus {
    return jobStatus(this.#steps, cancelled);
  }

  /** What is seen between steps: with what they have put into GITHUB_ENV so far. */
  scope(cancelled: boolean, action = ''): Scope {
    const input = this.scopeInput(cancelled, action);
    return stepScope({ ...input, env: environmentSoFar(input.env, this.#steps) });
  }

  /** Of a step: its environment is made of this. @param action the step's name for `github.action` */
  scopeInput(cancelled: boolean, action: string): StepScopeInput {
    const { composite, host } = this;
    const status = this.status(cancelled);
    return {
      ...this.facts,
      ...host,
      ...(composite ? { inputs: composite.inputs, secrets: {} } : {}),
      env: this.env,
      steps: this.#steps,
      status,
      github: {
        ...host.github, action, action_status: status,
        ...(composite ? { action_path: composite.folder, action_repository: composite.repository ?? '', action_ref: composite.ref ?? '' } : {}),
      },
    };
  }
}
