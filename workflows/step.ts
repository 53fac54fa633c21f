/** One step of a job whose action is an activity of its own: whether it runs, what it is given, and how it ends. */
import { CancellationScope } from '@temporalio/workflow';
import { jobStatus, stepConclusion } from '../language/conclusions.js';
import type { JobFacts } from '../language/contexts.js';
import { evaluateWithInWorkflow } from '../language/deferredWith.js';
import { ExpressionError } from '../language/expressions.js';
import type { ActionStepPlan, JobPlan } from '../language/plan.js';
import type { StepRecord, UndoEntry } from '../language/record.js';
import { forgives, prepareStep, type PreparedStep } from '../language/steps.js';
import type { JobBoard } from './jobBoard.js';
import { performStep, type StepOutcome, type StepWork } from './performStep.js';

/** What a job has evaluated once for all its steps. */
export interface JobSettings {
  readonly facts: JobFacts;
  readonly plan: JobPlan;
  readonly env: Readonly<Record<string, string>>;
  /** The run's inputs `cluster` and `provider`: they say which cluster's machine `runs-on` means. */
  readonly place: { readonly cluster?: string; readonly provider?: string };
  /** Milliseconds since the epoch. */
  readonly deadline: number;
}

type Prepared = Extract<PreparedStep, { kind: 'run' }>;

/** A step's work, and what undoes it. */
interface Made {
  readonly work: StepWork;
  readonly undo?: Pick<UndoEntry, 'activity' | 'of' | 'with' | 'deferred'>;
}

/** Runs the step, or skips it; its record on the board tells which. Throws for nothing but a fault of our own code. */
export async function runStep(plan: ActionStepPlan, settings: JobSettings, board: JobBoard, cancelled: () => boolean): Promise<void> {
  const { steps } = board.record;
  const queued = steps.find(({ address }) => address === plan.address)!;
  const prepared = prepareStep(plan, { ...settings.facts, env: settings.env, steps, status: jobStatus(steps, cancelled()) });
  const named = { ...queued, name: prepared.name };
  switch (prepared.kind) {
    case 'skip':
      return board.putStep({ ...named, status: 'completed', outcome: 'skipped', conclusion: 'skipped' });
    case 'fail':
      return board.putStep(completed(named, failure(prepared.error), { ...plan, continueOnError: false }, prepared));
    case 'run':
      if (prepared.timeoutProblem !== undefined) return board.putStep(completed(named, failure(prepared.timeoutProblem), { ...plan, continueOnError: false }, prepared));
      return runPrepared(plan, prepared, { ...named, status: 'in_progress', startedAt: Date.now() }, settings, board, cancelled);
  }
}

async function runPrepared(
  plan: ActionStepPlan, prepared: Prepared, running: StepRecord, settings: JobSettings, board: JobBoard, cancelled: () => boolean,
): Promise<void> {
  const made = make(plan, prepared, settings, board.record.key);
  if (made instanceof ExpressionError) return board.putStep(completed(running, failure(made.message), plan, prepared));
  board.putStep(running);
  if (made.undo) board.register({ job: board.record.key, address: plan.address, name: running.name, ...made.undo });
  board.report();
  const left = Math.max(1, settings.deadline - Date.now());
  const options = { name: running.name, timeoutMs: Math.min(left, prepared.timeoutMs ?? Infinity), retry: plan.retry };
  const perform = (): Promise<StepOutcome> => performStep(made.work, options);
  // A step that runs although the job is cancelled (always(), cancelled()) is not ended by that same cancel.
  const done = cancelled() ? await CancellationScope.nonCancellable(perform) : await perform();
  board.putStep(completed(running, done, plan, prepared));
}

function make(plan: ActionStepPlan, prepared: Prepared, settings: JobSettings, job: string): Made | ExpressionError {
  try {
    return actionWork(plan, prepared, settings, job);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}

function actionWork(plan: ActionStepPlan, { scope }: Prepared, { facts }: JobSettings, job: string): Made {
  const given = evaluateWithInWorkflow(plan, scope);
  const input = { run: facts.run.id, attempt: facts.run.attempt, job, step: plan.address, ...given };
  return { work: { activity: plan.activity, input }, ...(plan.undo ? { undo: { activity: plan.undo, of: plan.activity, ...given } } : {}) };
}

function completed(step: StepRecord, { outcome, ...done }: StepOutcome, plan: ActionStepPlan, { scope }: Exclude<PreparedStep, { kind: 'skip' }>): StepRecord {
  const forgiven = outcome === 'failure' && forgives(plan.continueOnError, scope);
  return { ...step, ...done, status: 'completed', outcome, conclusion: stepConclusion(outcome, forgiven), endedAt: Date.now() };
}

function failure(error: string): StepOutcome {
  return { outcome: 'failure', outputs: {}, error };
}
