/**
 * The activity `run-steps` of the workflow tests: no process, no file. Steps are evaluated with the code of `language/` that the real one
 * uses; their work is the test's own.
 */
import { Context } from '@temporalio/activity';
import { isCancellation } from '@temporalio/workflow';
import type { StepsInput, StepsResult } from '../../activities/contract.js';
import { jobStatus, stepConclusion } from '../../language/conclusions.js';
import { type HostFacts, jobEnvironment, stepScope, type StepScopeInput } from '../../language/contexts.js';
import { ExpressionError, templateText } from '../../language/expressions.js';
import type { StepPlan } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';
import { evaluateContinueOnError, evaluateScript, prepareStep, type PreparedStep } from '../../language/steps.js';

/** What a step of a test is given. */
export interface WorkContext {
  /** Rejects when the step is to end. */
  readonly cancelled: Promise<never>;
  heartbeat(): void;
}

/** A script that is evaluated, and where it runs. */
export interface HostScript {
  readonly input: StepsInput;
  readonly step: StepPlan;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Gives the step's outputs, or throws. */
export type RunScript = (script: HostScript, context: WorkContext) => Promise<Readonly<Record<string, string>>>;

const QUEUE = 'fleetwright';

/** Steps that stand in the way of none: the first one's error ends no other. @param host what the tests' host says: secrets, for example */
export async function hostSteps(input: StepsInput, run: RunScript, host: HostFacts): Promise<StepsResult> {
  const heart = setInterval(() => Context.current().heartbeat(), 200);
  const ending = endingOf(input);
  try {
    const seen: StepRecord[] = [...input.before];
    const env = jobEnvironment(input.facts, input.job.env, host);
    const scopeInput = (): StepScopeInput => ({ ...input.facts, ...host, env, steps: seen, status: jobStatus(seen, ending.requested()) });
    for (const step of input.steps) {
      const done = await runOne(step, input, scopeInput(), run, ending);
      seen.push(done);
      if (input.pauses && done.conclusion === 'failure') return { steps: seen.slice(input.before.length), queue: QUEUE, open: true };
    }
    const steps = seen.slice(input.before.length);
    const outputs = input.last ? evaluateOutputs(input, scopeInput()) : undefined;
    return { steps, queue: QUEUE, open: !input.last, ...(outputs ? { outputs } : {}) };
  } catch (error) {
    if (error instanceof ExpressionError) return { steps: [], queue: QUEUE, open: false, error: error.message };
    throw error;
  } finally {
    clearInterval(heart);
    ending.dispose();
  }
}

interface Ending {
  readonly cancelled: Promise<never>;
  requested(): boolean;
  dispose(): void;
}

/** By a person, or by the job's clock. */
function endingOf({ cancelled: already, deadline }: StepsInput): Ending {
  let requested = already;
  let timer: NodeJS.Timeout | undefined;
  const clock = new Promise<never>((_, reject) => {
    timer = already ? undefined : setTimeout(() => reject(new Error('late')), Math.min(Math.max(0, deadline - Date.now()), 2 ** 31 - 1));
  });
  const cancelled = already ? new Promise<never>(() => undefined) : Promise.race([Context.current().cancelled, clock]);
  cancelled.catch(() => { requested = true; });
  return { cancelled, requested: () => requested, dispose: () => clearTimeout(timer) };
}

async function runOne(step: StepPlan, input: StepsInput, scopeInput: StepScopeInput, run: RunScript, ending: Ending): Promise<StepRecord> {
  const prepared = prepareStep(step, scopeInput);
  const base = { address: step.address, ...(step.id === undefined ? {} : { id: step.id }), name: prepared.name, outputs: {} };
  if (prepared.kind === 'skip') return { ...base, status: 'completed', outcome: 'skipped', conclusion: 'skipped' };
  const startedAt = Date.now();
  const { outcome, ...rest } = prepared.kind === 'fail' ? { outcome: 'failure' as const, error: prepared.error } : await perform(step, prepared, input, run, ending);
  const forgiven = outcome === 'failure' && prepared.kind === 'run' && evaluateContinueOnError(step.continueOnError, prepared.scope);
  return { ...base, ...rest, status: 'completed', outcome, conclusion: stepConclusion(outcome, forgiven), startedAt, endedAt: Date.now() };
}

type Performed = Pick<StepRecord, 'error'> & { readonly outcome: 'success' | 'failure' | 'cancelled'; readonly outputs: StepRecord['outputs'] };

async function perform(step: StepPlan, prepared: Extract<PreparedStep, { kind: 'run' }>, input: StepsInput, run: RunScript, ending: Ending): Promise<Performed> {
  if (step.kind !== 'run') return { outcome: 'failure', outputs: {}, error: `${step.kind} steps are not run in these tests` };
  try {
    const { script } = evaluateScript(step, input.job.defaults, prepared.scope);
    const outputs = await run({ input, step, script, env: prepared.env }, { cancelled: ending.cancelled, heartbeat: () => Context.current().heartbeat() });
    return { outcome: 'success', outputs };
  } catch (error) {
    if (ending.requested() || isCancellation(error)) return { outcome: 'cancelled', outputs: {} };
    return { outcome: 'failure', outputs: {}, error: (error as Error).message };
  }
}

function evaluateOutputs({ job }: StepsInput, scopeInput: StepScopeInput): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(job.outputs).map(([name, template]) => [name, templateText(template, stepScope(scopeInput))]));
}
