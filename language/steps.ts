/**
 * What happens to a step before it runs, in the order of GitHub's runner: its `env`, its name (best effort), its `if`, its timeout.
 * The workflow and the activity that runs several steps back to back use this same code.
 */
import { environmentSoFar, evaluateEnv, mergeEnv, type StepScopeInput, stepScope } from './contexts.js';
import { AwaitedValue, evaluateBoolean, evaluateCondition, evaluateNumber, evaluateTemplate, ExpressionError, type Json, type Scope, templateText } from './expressions.js';
import { coerceInput } from './inputValues.js';
import type { ActionStepPlan, JobPlan, RunStepPlan, Scalar, StepPlan, Values } from './plan.js';

const MINUTE_MS = 60_000;

export type PreparedStep =
  /** The name is one line. */
  | { readonly kind: 'skip'; readonly name: string }
  /** It cannot be prepared, so it has failed, and `continue-on-error` forgives nothing yet. */
  | { readonly kind: 'fail'; readonly name: string; readonly error: string; readonly scope: Scope }
  | {
      readonly kind: 'run';
      readonly name: string;
      /** What everything else of the step is evaluated in. */
      readonly scope: Scope;
      /** The whole environment: workflow < job < GITHUB_ENV < step. */
      readonly env: Readonly<Record<string, string>>;
      /** Absent: the job's. */
      readonly timeoutMs?: number;
      /** Why the step has no timeout of its own although it names one. */
      readonly timeoutProblem?: string;
    };

/** @param input its `env` is the job's environment (`jobEnvironment`), without GITHUB_ENV and the step's own */
export function prepareStep(step: StepPlan, input: StepScopeInput): PreparedStep {
  const before = environmentSoFar(input.env, input.steps);
  const outer = stepScope({ ...input, env: before });
  let scope = outer;
  let name = nameOf(step, outer);
  try {
    const env = mergeEnv(before, evaluateEnv(step.env, outer));
    scope = stepScope({ ...input, env });
    name = nameOf(step, scope);
    if (!evaluateCondition(step.if, scope)) return { kind: 'skip', name };
    return { kind: 'run', name, scope, env, ...stepTimeout(step.timeoutMinutes, scope) };
  } catch (error) {
    if (error instanceof ExpressionError) return { kind: 'fail', name, error: error.message, scope };
    throw error;
  }
}

/** On GitHub a step whose timeout cannot be evaluated runs all the same, with an error beside it; 0 and less are no timeout. */
function stepTimeout(minutes: Scalar | undefined, scope: Scope): Pick<Extract<PreparedStep, { kind: 'run' }>, 'timeoutMs' | 'timeoutProblem'> {
  if (minutes === undefined) return {};
  try {
    const value = evaluateNumber(minutes, scope);
    return value > 0 && Number.isFinite(value) ? { timeoutMs: Math.round(value * MINUTE_MS) } : {};
  } catch (error) {
    if (error instanceof ExpressionError) return { timeoutProblem: `timeout-minutes cannot be evaluated, and the step runs without: ${error.message}` };
    throw error;
  }
}

/** The inputs of an action, each of the type that the action declares. @throws ExpressionError naming the input */
export function evaluateWith(step: Pick<ActionStepPlan, 'with' | 'inputTypes'>, scope: Scope): Values {
  return Object.fromEntries(Object.entries(step.with).map(([name, template]) => {
    const value = coerceInput(toScalar(evaluateTemplate(template, scope)), step.inputTypes[name] ?? 'string');
    if (value.problem !== undefined) throw new ExpressionError(`input ${name}: ${value.problem}`, String(template));
    return [name, value.value];
  }));
}

export interface Script {
  readonly script: string;
  readonly shell?: string;
  readonly workingDirectory?: string;
}

/** A `run:` step's script with the job's defaults. @throws ExpressionError */
export function evaluateScript(step: RunStepPlan, defaults: JobPlan['defaults'], scope: Scope): Script {
  const text = (template: string | undefined) => (template === undefined ? undefined : templateText(template, scope));
  const shell = text(step.shell) || text(defaults.shell) || undefined;
  // An empty folder is the workspace, whatever the defaults say; an empty shell is none.
  const workingDirectory = text(step.workingDirectory) ?? text(defaults.workingDirectory);
  return {
    script: templateText(step.run, scope),
    ...(shell === undefined ? {} : { shell }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
  };
}

/** Whether the step's failure is forgiven. Asked when it has failed. @throws ExpressionError */
export function evaluateContinueOnError(continueOnError: Scalar, scope: Scope): boolean {
  return evaluateBoolean(continueOnError, scope);
}

/** As `evaluateContinueOnError`; an expression that cannot be evaluated forgives nothing. */
export function forgives(continueOnError: Scalar, scope: Scope): boolean {
  try {
    return evaluateContinueOnError(continueOnError, scope);
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}

/** Milliseconds of a job's `timeout-minutes`. @throws ExpressionError when it is no number above 0 */
export function evaluateMinutes(minutes: Scalar, scope: Scope): number {
  const value = evaluateNumber(minutes, scope);
  if (value > 0) return Math.round(value * MINUTE_MS);
  throw new ExpressionError(`timeout-minutes must be more than 0, not ${value}`, String(minutes));
}

/** What an expression gave as one scalar: objects and lists as JSON text, null as ''. */
export function toScalar(value: Json): Scalar {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

/** The first line of it: what is shown of a step is one line. */
function nameOf(step: StepPlan, scope: Scope): string {
  try {
    return firstLine(templateText(step.name, scope));
  } catch (error) {
    if (error instanceof AwaitedValue) throw error;
    return firstLine(step.name);
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
