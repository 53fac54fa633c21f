/**
 * A job: a child workflow of its run, with a history of its own.
 *
 * Owns: the order of its steps, and its status. Does not own: whether it starts (the run), a step's work (`step.ts`), any effect.
 * 1. It never throws: it returns a result, also when it was cancelled.
 * 2. A step that the record says is completed is not touched again.
 * 3. Its time is kept by its steps: each is given at most what is left of it.
 */
import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import { jobConclusion, jobResult, jobStatus } from '../language/conclusions.js';
import { environmentSoFar, jobEnvironment, jobScope, stepScope, type StepScopeInput } from '../language/contexts.js';
import { evaluateBoolean, ExpressionError, templateText } from '../language/expressions.js';
import type { Conclusion, JobRecord } from '../language/record.js';
import { evaluateMinutes } from '../language/steps.js';
import { trackCancel } from './cancel.js';
import { JobBoard } from './jobBoard.js';
import type { JobInput, JobResult } from './jobMessages.js';
import { runStep, type JobSettings } from './step.js';

export async function job(input: JobInput): Promise<JobResult> {
  const board = new JobBoard({ ...input.record, status: 'in_progress', startedAt: input.record.startedAt ?? Date.now() }, input.run.id);
  const cancel = trackCancel();
  try {
    const settings = evaluateSettings(input, board.record);
    const cancelled = (): boolean => cancel.requested() || Date.now() >= settings.deadline;
    for (const [i, step] of input.plan.steps.entries()) {
      if (board.record.steps[i]?.status === 'completed') continue;
      if (workflowInfo().continueAsNewSuggested && !cancel.requested()) {
        board.report();
        await continueAsNew<typeof job>({ ...input, record: board.record });
      }
      await runStep(step, settings, board, cancelled);
    }
    conclude(board, input, settings, cancelled());
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    board.update({ status: 'completed', result: 'failure', conclusion: 'failure', endedAt: Date.now(), error: error.message });
  }
  return { record: board.record, undos: board.undos };
}

/** @throws ExpressionError */
function evaluateSettings({ run, plan, record, needs, strategy }: JobInput, { startedAt }: JobRecord): JobSettings {
  const facts = { run, job: plan.id, needs, strategy, ...(record.matrix ? { matrix: record.matrix } : {}) };
  const scope = jobScope(facts);
  const place = Object.fromEntries(['cluster', 'provider'].flatMap((name) => (run.inputs[name] === undefined ? [] : [[name, String(run.inputs[name])]])));
  return {
    facts,
    plan,
    env: jobEnvironment(facts, plan.env),
    runsOn: [plan.runsOn].flat().map((label) => templateText(label, scope)).join(' '),
    place,
    deadline: (startedAt ?? Date.now()) + evaluateMinutes(plan.timeoutMinutes, scope),
  };
}

/** Outputs are what they are when the steps are over, also when one has failed. */
function conclude(board: JobBoard, { plan }: JobInput, settings: JobSettings, cancelled: boolean): void {
  const { steps } = board.record;
  const result: Conclusion = jobResult(steps, cancelled);
  const status = jobStatus(steps, cancelled);
  const scope = stepScope({ ...settings.facts, env: environmentSoFar(settings.env, steps), steps, status } satisfies StepScopeInput);
  const outputs = Object.entries(plan.outputs).map(([name, template]) => [name, templateText(template, scope)] as const);
  const forgiven = result === 'failure' && evaluateBoolean(plan.continueOnError, jobScope(settings.facts));
  const late = cancelled && Date.now() >= settings.deadline;
  board.update({
    status: 'completed',
    result,
    conclusion: jobConclusion(result, forgiven),
    outputs: Object.fromEntries(outputs),
    endedAt: Date.now(),
    ...(late ? { error: 'the job took longer than it may (timeout-minutes)' } : {}),
  });
}
