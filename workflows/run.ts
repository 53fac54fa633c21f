/**
 * A run: one execution of a plan, whatever the file. The workflow's type is the file's name, so this is the dynamic workflow.
 *
 * Owns: the order of its phases, and how it closes. Does not own: jobs (`jobs.ts`), undos (`undo.ts`), the record (`progress.ts`).
 * 1. It starts from a plan and a record. Resume is that same start with a fuller record.
 * 2. Nothing is started for a file or inputs that are invalid.
 * 3. However it closes, its record stands in its memo before it does.
 * 4. A cancelled run is undone, and closes as Canceled; a failed one as Failed.
 */
import {
  ApplicationFailure,
  CancelledFailure,
  defineQuery,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { LoadPlanInput } from '../activities/contract.js';
import type { RunId } from '../language/ids.js';
import type { Plan } from '../language/plan.js';
import type { Conclusion, ProgressRecord } from '../language/record.js';
import { runConclusion } from '../language/conclusions.js';
import { runScope } from '../language/contexts.js';
import { templateText } from '../language/expressions.js';
import { trackCancel } from './cancel.js';
import { failureText } from './failures.js';
import { holdGroup } from './groupLock.js';
import { jobReport } from './jobMessages.js';
import { runJobs } from './jobs.js';
import { MEMO, PLAN_QUERY, PROGRESS_QUERY, RUN_FAILURES, SEARCH_ATTRIBUTES, type RunArguments, type RunOptions } from './messages.js';
import { Board } from './progress.js';
import { freshRecord, nextAttempt } from './records.js';
import { runFailure, runResult, type RunResult } from './runResult.js';
import { undoRun } from './undo.js';

const { 'load-plan': loadPlan } = proxyActivities<{ 'load-plan': (input: LoadPlanInput) => Promise<Plan> }>({
  startToCloseTimeout: '1 minute',
  retry: { maximumInterval: '10 seconds' },
  summary: 'Load the plan',
});

/** @throws ApplicationFailure InvalidRun or RunFailed, CancelledFailure */
export async function run(...[inputs, options]: RunArguments): Promise<RunResult> {
  const { workflowId, workflowType, startTime } = workflowInfo();
  const id = workflowId as RunId;
  let plan = options?.continueFrom?.plan;
  const board = new Board(firstRecord(id, workflowType, startTime.getTime(), options), setCurrentDetails);
  setHandler(defineQuery<ProgressRecord>(PROGRESS_QUERY), () => board.record);
  setHandler(defineQuery<Plan | null>(PLAN_QUERY), () => plan ?? null);
  setHandler(jobReport, (report) => board.report(report));
  const cancel = trackCancel();
  try {
    refuseUndone(options);
    plan ??= await loadPlan({ type: workflowType, inputs: inputs ?? {}, ...pick(options) });
    board.update({ file: plan.file, inputs: plan.inputs, jobs: board.record.jobs.length > 0 ? board.record.jobs : freshRecord(plan) });
    nameRun(plan);
    await takeTurn(plan, id, board);
    await runJobs(plan, id, board, cancel);
    board.update({ conclusion: runConclusion(board.record.jobs.map((job) => job.conclusion ?? 'skipped'), cancel.requested()) });
    await undoWhatFailed(options?.onFailure ?? plan.onFailure, id, board);
  } catch (error) {
    board.update({ conclusion: isCancellation(error) ? 'cancelled' : 'failure', error: failureText(error) });
    closeRecord(board);
    throw isInvalid(error) ? invalid(error) : error;
  }
  closeRecord(board);
  if (board.record.conclusion === 'success') return runResult(board.record);
  throw board.record.conclusion === 'cancelled' ? new CancelledFailure('the run was cancelled') : runFailure(board.record);
}

function firstRecord(run: RunId, type: string, startedAt: number, options: RunOptions | undefined): ProgressRecord {
  const previous = options?.continueFrom?.record;
  if (previous) return nextAttempt(previous, startedAt);
  return { run, file: `${type}.yml`, attempt: 1, inputs: {}, status: 'in_progress', undone: false, jobs: [], undos: [], startedAt };
}

/** What an earlier attempt made is gone: there is nothing to go on from. */
function refuseUndone(options: RunOptions | undefined): void {
  if (!options?.continueFrom?.record.undone) return;
  const message = 'what the earlier attempt made was undone: start a new run';
  throw ApplicationFailure.create({ message, type: RUN_FAILURES.invalid, nonRetryable: true });
}

function pick(options: RunOptions | undefined): Partial<LoadPlanInput> {
  const { file, onFailure, facts, job } = options ?? {};
  return { ...(file ? { file } : {}), ...(onFailure ? { onFailure } : {}), ...(facts ? { facts } : {}), ...(job ? { job } : {}) };
}

/** Search attributes of a run that was not started by the CLI, which gives them itself. */
function nameRun(plan: Plan): void {
  const cluster = plan.inputs['cluster'];
  if (workflowInfo().searchAttributes[SEARCH_ATTRIBUTES.file]) return;
  upsertSearchAttributes({ [SEARCH_ATTRIBUTES.file]: [plan.type], ...(cluster ? { [SEARCH_ATTRIBUTES.cluster]: [String(cluster)] } : {}) });
}

async function takeTurn(plan: Plan, run: RunId, board: Board): Promise<void> {
  if (plan.concurrency !== undefined) {
    const group = templateText(plan.concurrency.group, runScope({ ...plan, id: run, attempt: board.record.attempt }));
    await holdGroup(group, () => board.update({ status: 'waiting', waitsFor: group }));
  }
  board.update({ status: 'in_progress' });
}

/** A cancel means undo, whatever `on-failure` says. */
async function undoWhatFailed(onFailure: Plan['onFailure'], run: RunId, board: Board): Promise<void> {
  const { conclusion, undos, attempt } = board.record;
  const wanted = conclusion === 'cancelled' || (conclusion === 'failure' && onFailure === 'undo');
  if (!wanted || undos.length === 0) return;
  board.update({ status: 'undoing' });
  await undoRun(run, attempt, undos, (undo) => board.putUndo(undo));
  board.update({ undone: true });
}

function closeRecord(board: Board): void {
  board.update({ status: 'completed', endedAt: Date.now() });
  const { conclusion } = board.record;
  upsertMemo({ [MEMO.record]: board.record });
  upsertSearchAttributes({ [SEARCH_ATTRIBUTES.conclusion]: [(board.record.undone ? 'undone' : conclusion ?? 'success') as Conclusion] });
}

function isInvalid(error: unknown): error is Error & { cause: ApplicationFailure } {
  return error instanceof Error && error.cause instanceof ApplicationFailure && error.cause.type === RUN_FAILURES.invalid;
}

/** Without the activity's wrapping, so that the UI shows what is wrong with the file. */
function invalid({ cause }: { readonly cause: ApplicationFailure }): ApplicationFailure {
  return ApplicationFailure.create({ message: cause.message, type: RUN_FAILURES.invalid, nonRetryable: true, details: cause.details ?? [] });
}
