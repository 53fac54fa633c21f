/** What expressions see at each place of a run, and the environment that steps get. Pure: the same facts give the same scope. */
import type { CallSecrets } from './callSecrets.js';
import { type JobStatus, stepStatusFunctions } from './conclusions.js';
import { evaluateTemplate, ExpressionError, type HashFiles, type Scope, type StatusFunctions, templateText, valueText } from './expressions.js';
import { inputTexts } from './eventInputs.js';
import type { JobId, RunId } from './ids.js';
import { INSERT } from './insert.js';
import type { EventFacts, Scalar, Values } from './plan.js';
import type { Conclusion, StepRecord } from './record.js';

export interface RunFacts {
  readonly id: RunId;
  /** From 1. */
  readonly attempt: number;
  /** The plan's name. */
  readonly name: string;
  readonly inputs: Values;
  /** The workflow's `env`, as written. */
  readonly env: Values;
  /** What `github`, `vars` and `env` are filled with. @default dispatched by nobody */
  readonly facts?: EventFacts;
  /** Of a called workflow: the calls that lead to it, the run's own first. `secretsOfCalls` says which secrets it has. @default all of the run's */
  readonly secrets?: readonly CallSecrets[];
}

/** What `needs.<id>` holds. `result` is the needed job's conclusion. */
export interface NeedFacts {
  readonly result: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface JobFacts {
  readonly run: RunFacts;
  readonly job: JobId;
  readonly needs: Readonly<Record<string, NeedFacts>>;
  /** What `strategy` holds: see `expandStrategy`. */
  readonly strategy: Readonly<Record<string, unknown>>;
  readonly matrix?: Readonly<Record<string, unknown>>;
}

/** What only the host on which a job runs can say. Without it, expressions that need it are ExpressionErrors or read as nothing. */
export interface HostFacts {
  /** What `secrets` holds; a name that is not there reads as ''. @default an expression that reads it is an ExpressionError */
  readonly secrets?: Readonly<Record<string, string>>;
  /** @default an expression that calls it is an ExpressionError */
  readonly hashFiles?: HashFiles;
  /** What `runner` holds: `name`, `os`, `arch`, `temp`, `tool_cache`, `debug`, ... @default `{os: 'Linux'}` */
  readonly runner?: Readonly<Record<string, unknown>>;
  /** What `job` holds beside `status`: `container`, `services`, ... */
  readonly jobContext?: Readonly<Record<string, unknown>>;
  /** Lies over `github`: `workspace`, `token`, `action`, `action_path`, `action_repository`, `action_ref`, `env`, `path`, ... */
  readonly github?: Readonly<Record<string, unknown>>;
}

export interface StepScopeInput extends JobFacts, HostFacts {
  /** The environment so far; for all but the step's `env` with that in it. */
  readonly env: Readonly<Record<string, string>>;
  /** Every step of the job that has completed. Those without an id are not seen. */
  readonly steps: readonly StepRecord[];
  readonly status: JobStatus;
  /** Goes before the plan's: what `inputs` holds inside of a composite action. */
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** For `run-name`, `concurrency` and the workflow's `env`. */
export function runScope(run: RunFacts, host: HostFacts = {}): Scope {
  return { contexts: { github: githubContext(run, undefined, host), inputs: run.inputs, vars: run.facts?.vars ?? {} }, ...functionsOfHost(host) };
}

/** For a job's `if` (with `status`) and its `strategy` (without). */
export function jobIfScope(run: RunFacts, needs: Readonly<Record<string, NeedFacts>>, status?: StatusFunctions): Scope {
  const contexts = { ...runScope(run).contexts, needs };
  return status ? { contexts, status } : { contexts };
}

/** For a job's name, `runs-on`, `env`, `timeout-minutes` and `continue-on-error`, and a called workflow's `with` and `secrets`. */
export function jobScope(facts: JobFacts, host: HostFacts = {}): Scope {
  const { contexts } = jobIfScope(facts.run, facts.needs);
  const github = githubContext(facts.run, facts.job, host);
  return { contexts: { ...contexts, github, strategy: facts.strategy, matrix: facts.matrix ?? null }, ...functionsOfHost(host) };
}

/** For all of a step, its undo, and the job's outputs when its steps are over. */
export function stepScope(input: StepScopeInput): Scope {
  const { contexts, ...functions } = jobScope(input, input);
  return {
    contexts: {
      ...contexts,
      ...(input.inputs ? { inputs: input.inputs } : {}),
      env: input.env,
      job: { ...input.jobContext, status: input.status },
      runner: { os: 'Linux', ...input.runner },
      steps: stepsContext(input.steps),
    },
    ...functions,
    status: stepStatusFunctions(input.status),
  };
}

/** For `on.workflow_call.outputs`. @param jobs by id: each job's conclusion and outputs, those of a matrix as one */
export function callOutputsScope(run: RunFacts, jobs: Readonly<Record<string, NeedFacts>>): Scope {
  return { contexts: { ...runScope(run).contexts, jobs } };
}

/** The workflow's `env` under the job's. Either may read `secrets`. @throws ExpressionError */
export function jobEnvironment(facts: JobFacts, jobEnv: Values, host: HostFacts = {}): Readonly<Record<string, string>> {
  return mergeEnv(facts.run.facts?.env ?? {}, evaluateEnv(facts.run.env, runScope(facts.run, host)), evaluateEnv(jobEnv, jobScope(facts, host)));
}

/** The job's environment under what its steps have put into GITHUB_ENV so far. */
export function environmentSoFar(jobEnv: Readonly<Record<string, string>>, steps: readonly StepRecord[]): Readonly<Record<string, string>> {
  const added = steps.flatMap(({ env }) => (env ? [env] : []));
  return added.length === 0 ? jobEnv : mergeEnv(jobEnv, ...added);
}

/** What the job's steps have put before PATH so far, the latest first: what is to be searched first. */
export function pathSoFar(steps: readonly StepRecord[]): readonly string[] {
  return [...new Set([...steps].reverse().flatMap((step) => step.path ?? []))];
}

/**
 * The values as text, by name. Names may hold expressions, and the value under INSERT is an object whose members are taken in.
 * @throws ExpressionError
 */
export function evaluateEnv(env: Values, scope: Scope): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]): (readonly [string, string])[] => {
    if (name === INSERT) return inserted(value, scope);
    return [[name.includes('${{') ? templateText(name, scope) : name, templateText(value, scope)]];
  }));
}

function inserted(template: Scalar, scope: Scope): (readonly [string, string])[] {
  const given = evaluateTemplate(template, scope);
  if (given === null || given === '') return [];
  if (typeof given !== 'object' || Array.isArray(given)) throw new ExpressionError(`an object was expected, not ${JSON.stringify(given)?.slice(0, 80)}`, String(template));
  return Object.entries(given).map(([name, value]) => [name, valueText(value)]);
}

/** A later layer goes before an earlier one. Names are told apart by case, as on Linux. */
export function mergeEnv(...layers: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  return Object.fromEntries(layers.flatMap((layer) => Object.entries(layer)));
}

function githubContext(run: RunFacts, job: JobId | undefined, { github }: HostFacts): Readonly<Record<string, unknown>> {
  return {
    run_id: run.id,
    run_number: /#(\d+)$/.exec(run.id)?.[1] ?? '1',
    run_attempt: String(run.attempt),
    workflow: run.name,
    event_name: 'workflow_dispatch',
    event: { inputs: inputTexts(run.inputs) },
    actor: '',
    ...run.facts?.github,
    ...(job ? { job } : {}),
    ...github,
  };
}

function functionsOfHost({ secrets, hashFiles }: HostFacts): Pick<Scope, 'secrets' | 'hashFiles'> {
  return { ...(secrets ? { secrets } : {}), ...(hashFiles ? { hashFiles } : {}) };
}

function stepsContext(steps: readonly StepRecord[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    steps.flatMap(({ id, outputs, outcome, conclusion }) => (id && conclusion ? [[id, { outputs, outcome: outcome ?? conclusion, conclusion }]] : [])),
  );
}
