/**
 * A definition, inputs and actions into a plan, or all that is wrong with them. Made outside of the workflow, before anything starts.
 *
 * What a `with` says is checked now where it is a literal or depends on the inputs alone; the rest is an expression in the plan.
 */
import { checkInputValue, type InputProblem } from './actionInputs.js';
import type { ActionDefinition, ActionInputDefinition, Actions } from './actionMetadata.js';
import { cacheModeOf } from './cacheMode.js';
import { type CalledWorkflow, type CalledWorkflows, declaredName } from './calls.js';
import type { ActionStepDefinition, CallDefinition, Definition, JobDefinition, StepDefinition } from './definition.js';
import { type Diagnostic, type Position, sortDiagnostics, suggest, withSuggestion } from './diagnostics.js';
import { givenInputs, withEventInputs } from './eventInputs.js';
import type { HostQuestion } from './hostQuestions.js';
import { resolveInputs, type ResolvedInputs } from './dispatchInputs.js';
import { contextsOf, evaluateCondition, evaluateTemplate, ExpressionError, parseExpression } from './expressions.js';
import { INSERT } from './insert.js';
import type { ActionStepPlan, CacheMode, CallPlan, EventFacts, JobPlan, OnFailure, Plan, Scalar, StepPlan, Values } from './plan.js';
import { toScalar } from './steps.js';

export interface PlanOptions {
  /** As given by a person, JSON or nothing: see `resolveInputs`. */
  readonly inputs?: unknown;
  /** By name: `boot-servers`. */
  readonly actions: Actions;
  /** Goes before the file's `on-failure`. @default the file's, or undo */
  readonly onFailure?: OnFailure;
  /** Goes before the file's `wait-timeout`. Milliseconds. @default the file's, or a day */
  readonly waitTimeoutMs?: number;
  /** The workflows that the file calls. @default a job that calls one is a problem */
  readonly calls?: CalledWorkflows;
  /** Of the event that starts the run. Inputs that the event holds count as given. @default dispatched by nobody */
  readonly facts?: EventFacts;
  /** Only this job and those that it needs. Compared without case. @default all */
  readonly job?: string;
}

export interface PlanResult {
  /** Absent when there are diagnostics. */
  readonly plan?: Plan;
  /** A problem of an input stands where the file declares the input; one of an unknown input at the file's start. */
  readonly diagnostics: readonly Diagnostic[];
  /** What can be known now and only the host on which the run works can judge. */
  readonly questions: readonly HostQuestion[];
}

export function makePlan(definition: Definition, { inputs, actions, onFailure, waitTimeoutMs = definition.waitTimeoutMs, calls = new Map(), facts, job }: PlanOptions): PlanResult {
  const resolved = resolveInputs(definition, givenInputs(inputs, facts), { defaults: isDispatched(inputs, facts) });
  const planner = new Planner(definition, resolved, actions, calls);
  const jobs = selected(definition, job, planner).map((one) => planner.job(one));
  const diagnostics = sortDiagnostics([...resolved.diagnostics, ...planner.diagnostics]);
  const { questions } = planner;
  if (diagnostics.length > 0) return { diagnostics, questions };
  const { type, file, env, concurrency, runName } = definition;
  const plan: Plan = {
    version: 1, type, name: definition.name ?? type, file,
    ...(runName === undefined ? {} : { runName }),
    inputs: resolved.values, env,
    onFailure: onFailure ?? definition.onFailure ?? 'undo',
    ...(waitTimeoutMs === undefined ? {} : { waitTimeoutMs }),
    ...(concurrency === undefined ? {} : { concurrency }),
    jobs,
    ...(facts === undefined ? {} : { facts: withWorkflow(withEventInputs(facts, resolved.values), definition) }),
  };
  return { plan, diagnostics, questions };
}

/** Whether the run has inputs: on GitHub, one that was started by a push has none, not even those with a default. */
/** `github.workflow` of a file without a name is its path, as on GitHub. */
function withWorkflow(facts: EventFacts, { name }: Definition): EventFacts {
  const path = /^[^/]+\/[^/]+\/([^@]+)@/.exec(String(facts.github['workflow_ref']))?.[1];
  return name !== undefined || path === undefined ? facts : { ...facts, github: { ...facts.github, workflow: path } };
}

function isDispatched(inputs: unknown, facts: EventFacts | undefined): boolean {
  const event = facts?.github['event_name'];
  const given = typeof inputs === 'object' && inputs !== null && Object.keys(inputs).length > 0;
  return event === undefined || event === 'workflow_dispatch' || event === 'workflow_call' || given;
}

function selected(definition: Definition, job: string | undefined, planner: Planner): readonly JobDefinition[] {
  if (job === undefined) return definition.jobs;
  const wanted = definition.jobs.find(({ id }) => id.toLowerCase() === job.toLowerCase());
  if (!wanted) {
    const ids = definition.jobs.map(({ id }) => id);
    planner.problem({ line: 1, column: 1 }, `there is no job ${JSON.stringify(job)}: there are ${ids.join(', ')}`, suggest(job, ids));
    return [];
  }
  const kept = new Set([wanted.id]);
  // A set that is added to while it is walked gives what was added, too.
  for (const id of kept) for (const need of definition.jobs.find((one) => one.id === id)?.needs ?? []) kept.add(need);
  return definition.jobs.filter(({ id }) => kept.has(id));
}

class Planner {
  readonly diagnostics: Diagnostic[] = [];
  readonly questions: HostQuestion[] = [];
  /** Dispatch inputs with a problem: one of each is enough. */
  readonly #reported = new Set<string>();

  constructor(
    private readonly definition: Definition, private readonly inputs: ResolvedInputs, private readonly actions: Actions,
    private readonly calls: CalledWorkflows,
    /** What the calling job gives. */
    private readonly given?: CacheMode,
  ) {
    for (const name of inputs.invalid) this.#reported.add(name);
  }

  job({ position: _, permissions: __, steps, call, ...job }: JobDefinition): JobPlan {
    const certain = this.#certain(job.if);
    const cacheMode = cacheModeOf(job, this.definition, this.given);
    const planned = call && this.#call(call, cacheMode);
    return { ...job, ...(cacheMode ? { cacheMode } : {}), steps: steps.map((step) => this.#step(step, certain)), ...(planned ? { call: planned } : {}) };
  }

  #call(call: CallDefinition, given: CacheMode | undefined): CallPlan | undefined {
    const called = this.calls.get(call.uses);
    if (!called) return this.problem(call.usesPosition, `${JSON.stringify(call.uses)} cannot be read: called workflows are not read here`);
    const { inputs, outputs } = called.definition.call;
    const named = Object.entries(call.with).map(([name, value]) => [name === INSERT ? name : (declaredName(inputs, name) ?? name), value] as const);
    const { type, name, file, env, concurrency } = called.definition;
    return {
      uses: call.uses,
      with: Object.fromEntries(named),
      inputs: Object.fromEntries([...inputs].map(([input, { type: kind, default: fallback }]) => [input, { type: kind, ...(fallback === undefined ? {} : { default: fallback }) }])),
      secrets: call.secrets,
      outputs: Object.fromEntries(outputs),
      workflow: { type, name: name ?? type, file, env, jobs: this.#jobsOf(called, given), ...(concurrency ? { concurrency } : {}) },
    };
  }

  /** Its inputs are known when its caller runs. */
  #jobsOf({ definition, calls }: CalledWorkflow, given: CacheMode | undefined): readonly JobPlan[] {
    const unknown: ResolvedInputs = { values: {}, invalid: new Set(definition.call.inputs.keys()), diagnostics: [] };
    const planner = new Planner({ ...definition, inputs: [] }, unknown, this.actions, calls, given);
    const jobs = definition.jobs.map((job) => planner.job(job));
    this.diagnostics.push(...planner.diagnostics);
    this.questions.push(...planner.questions);
    return jobs;
  }

  #step(step: StepDefinition, jobIsCertain: boolean): StepPlan {
    if (step.kind === 'action') return this.#action(step, jobIsCertain && this.#certain(step.if));
    if (step.kind === 'uses') {
      const { position: _, usesPosition: __, withPositions: ___, ...plan } = step;
      return plan;
    }
    const { position: _, ...plan } = step;
    return plan;
  }

  #action({ position: _, usesPosition, withPositions, ...step }: ActionStepDefinition, certain: boolean): ActionStepPlan {
    const name = step.uses.replace(/^fleetwright\//, '').replace(/@.*$/, '');
    const action = this.actions.get(name);
    if (!action) {
      this.problem(usesPosition, `there is no action ${JSON.stringify(name)}`, suggest(name, this.actions.keys()));
      return { ...step, activity: name, inputTypes: {} };
    }
    const given = this.#given(step, withPositions, action, certain);
    for (const [input, { required, default: fallback, description }] of action.inputs) {
      if (!required || fallback !== undefined || given.has(input)) continue;
      this.problem(usesPosition, `${step.uses} needs the input "${input}"${description ? ` (${description})` : ''}`);
    }
    const defaults = [...action.inputs].flatMap(([input, { default: fallback }]) => (fallback === undefined ? [] : [[input, fallback] as const]));
    return {
      ...step,
      activity: action.activity,
      ...(action.undo === undefined ? {} : { undo: action.undo }),
      with: Object.fromEntries([...defaults, ...given]) as Values,
      inputTypes: Object.fromEntries([...action.inputs].map(([input, { type }]) => [input, type])),
    };
  }

  /** What the step gives, under the names that the action uses. Names are compared without case, as on GitHub. */
  #given(
    step: Pick<ActionStepDefinition, 'uses' | 'with'>, positions: ActionStepDefinition['withPositions'], action: ActionDefinition, certain: boolean,
  ): ReadonlyMap<string, Scalar> {
    const given = new Map<string, Scalar>();
    for (const [key, template] of Object.entries(step.with)) {
      const at = positions.get(key);
      if (!at) continue;
      const name = [...action.inputs.keys()].find((input) => input.toLowerCase() === key.toLowerCase());
      if (name === undefined) {
        this.problem(at.key, `${step.uses} has no input ${JSON.stringify(key)}`, suggest(key, action.inputs.keys()));
        continue;
      }
      given.set(name, template);
      this.#check(name, action.inputs.get(name)!, template, at.value, certain);
    }
    return given;
  }

  #check(name: string, input: ActionInputDefinition, template: Scalar, at: Position, certain: boolean): void {
    const value = this.#valueNow(template, certain, at);
    if (value === undefined) return;
    const problem = checkInputValue(input, value);
    const source = soleInput(template);
    const declared = this.definition.inputs.find((candidate) => candidate.name.toLowerCase() === source);
    if (!problem) return this.#ask(input, String(value), { name, at, ...declared });
    if (!declared) return this.#report(at, name, problem);
    if (this.#reported.has(declared.name)) return;
    this.#reported.add(declared.name);
    this.#report(declared.position, declared.name, problem);
  }

  /** @param place the action's input, or the file's own from which the value comes and where that is declared */
  #ask({ format }: ActionInputDefinition, value: string, place: { readonly name: string; readonly at: Position; readonly position?: Position }): void {
    if (format === undefined || value === '') return;
    const { line, column } = place.position ?? place.at;
    const isInput = place.position !== undefined;
    this.questions.push({ file: this.definition.file, line, column, input: place.name, isInput, format, value });
  }

  #report(at: Position, input: string, { message, suggestion }: InputProblem): void {
    this.problem(at, `input ${input}: ${message}`, suggestion);
  }

  /** Undefined when it depends on more than valid inputs, or when the step may be skipped because of them. */
  #valueNow(template: Scalar, certain: boolean, at: Position): Scalar | undefined {
    const contexts = contextsOf(template);
    if (contexts.length === 0 ? false : !certain || !this.#onlyInputs(contexts) || this.#readsInvalid(template)) return undefined;
    try {
      return toScalar(evaluateTemplate(template, { contexts: { inputs: this.inputs.values } }));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.problem(at, error.message);
      return undefined;
    }
  }

  /** Whether an `if` is true by the inputs alone, as long as all goes well. */
  #certain(condition: string | undefined): boolean {
    if (condition === undefined) return true;
    const { contexts, functions } = parseExpression(condition);
    const known = this.#onlyInputs(contexts) && this.inputs.invalid.size === 0 && !functions.some((name) => ['failure', 'cancelled', 'hashfiles'].includes(name));
    if (!known) return false;
    try {
      return evaluateCondition(condition, { contexts: { inputs: this.inputs.values } });
    } catch (error) {
      if (error instanceof ExpressionError) return false;
      throw error;
    }
  }

  #onlyInputs(contexts: readonly string[]): boolean {
    return contexts.every((name) => name === 'inputs');
  }

  #readsInvalid(template: Scalar): boolean {
    const source = soleInput(template);
    if (source === undefined) return this.inputs.invalid.size > 0;
    return [...this.inputs.invalid].some((name) => name.toLowerCase() === source);
  }

  problem(at: Position, message: string, suggestion?: string): undefined {
    this.diagnostics.push({ file: this.definition.file, line: at.line, column: at.column, message, ...withSuggestion(suggestion) });
  }
}

/** `machines`, in lower case, of a template that is `${{ inputs.machines }}` and nothing else. */
function soleInput(template: Scalar): string | undefined {
  const match = /^\s*\$\{\{\s*inputs(?:\.([\w-]+)|\['([^']+)'\])\s*\}\}\s*$/i.exec(String(template));
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}
