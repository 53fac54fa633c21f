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
  CancellationScope,
  CancelledFailure,
  condition,
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
import { evaluateConcurrency } from '../language/concurrency.js';
import type { RunId } from '../language/ids.js';
import { type Plan, WAIT_TIMEOUT_MS } from '../language/plan.js';
import type { Conclusion, ProgressRecord, UndoRecord } from '../language/record.js';
import { runConclusion } from '../language/conclusions.js';
import { type RunFacts, runScope } from '../language/contexts.js';
import { ExpressionError, templateText } from '../language/expressions.js';
import { undosFrom } from '../language/undoing.js';
import { callReport } from './callMessages.js';
import { failureText } from './failures.js';
import { Gates } from './gates.js';
import { handleDecisions } from './decisions.js';
import { cancelWorkflow, GroupRefusal, holdGroup } from './groupLock.js';
import { endJob, explainCancel } from './groupMessages.js';
import { jobReport } from './jobMessages.js';
import { runJobs } from './jobs.js';
import { MEMO, PLAN_QUERY, PROGRESS_QUERY, RUN_FAILURES, SEARCH_ATTRIBUTES, type RunArguments, type RunOptions } from './messages.js';
import type { Ending } from './ending.js';
import { ParkedJobs } from './parkedJobs.js';
import { fitRecord } from './fitRecord.js';
import { Board } from './progress.js';
import { freshRecord, unstarted } from './records.js';
import { restart, restartProblem } from './restart.js';
import { RunCancel } from './runCancel.js';
import { runFailure, runResult, type RunResult } from './runResult.js';
import { Starts } from './starts.js';
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
  const from = options?.continueFrom?.from;
  const undoing = from?.kind === 'undo' ? from : undefined;
  const board = new Board(firstRecord(id, workflowType, startTime.getTime(), options), setCurrentDetails);
  setHandler(defineQuery<ProgressRecord>(PROGRESS_QUERY), () => fitRecord(board.record));
  setHandler(defineQuery<Plan | null>(PLAN_QUERY), () => plan ?? null);
  const parked = new ParkedJobs(board);
  setHandler(jobReport, (report) => {
    board.report(report);
    parked.see(report);
  });
  setHandler(callReport, (report) => board.reportCall(report));
  const endings = new Map<string, Ending>();
  setHandler(endJob, ({ key, reason }) => endings.get(key)?.end(reason));
  const cancel = new RunCancel();
  setHandler(explainCancel, (reason) => cancel.explain(reason));
  const gates = new Gates();
  handleDecisions(board, parked, cancel, gates);
  try {
    refuseRestart(options);
    plan ??= await loadPlan({ type: workflowType, inputs: inputs ?? {}, ...pick(options) });
    board.update({ file: plan.file, inputs: plan.inputs, jobs: board.record.jobs.length > 0 ? board.record.jobs : freshRecord(plan) });
    const facts = factsOf(plan, board.record);
    nameRun(plan, facts, board);
    await takeTurn(plan, facts, board, endings);
    if (undoing) await undo(board, undosFrom(board.record, undoing.to));
    else {
      const runtime = { jobs: plan.jobs, run: facts, board, cancel, owner: id, endings, gates, starts: new Starts(), parkMs: parkTime(options, plan) };
      await CancellationScope.nonCancellable(() => runJobs(runtime));
      const conclusions = board.jobs.filter(({ caller }) => caller === undefined).map((job) => job.conclusion ?? 'skipped');
      board.update({ conclusion: runConclusion(conclusions, cancel.requested()), ...(cancel.reason === undefined ? {} : { error: cancel.reason }) });
      await undoWhatFailed(options?.onFailure ?? plan.onFailure, board);
    }
  } catch (error) {
    if (error instanceof GroupRefusal) await giveWay(error, cancel, board);
    const cancelled = error instanceof GroupRefusal || isCancellation(error);
    board.update({ conclusion: cancelled ? 'cancelled' : 'failure', error: cancel.reason ?? failureText(error) });
    closeRecord(board);
    throw closing(error, board.record);
  }
  closeRecord(board);
  if (undoing ? nothingLeft(board.record) : board.record.conclusion === 'success') return runResult(board.record);
  throw board.record.conclusion === 'cancelled' && cancel.requested() ? new CancelledFailure(cancel.reason ?? 'the run was cancelled') : runFailure(board.record);
}

function factsOf({ name, inputs, env, facts }: Plan, { run, attempt }: ProgressRecord): RunFacts {
  return { id: run, attempt, name, inputs, env, ...(facts ? { facts } : {}) };
}

/** Nobody has asked for its cancel: it asks itself, so that Temporal shows it as Canceled. */
async function giveWay({ message }: GroupRefusal, cancel: RunCancel, board: Board): Promise<void> {
  cancel.explain(message);
  board.putJobs(board.jobs.filter(({ status }) => status !== 'completed').map((job) => unstarted(job, 'cancelled')));
  await CancellationScope.nonCancellable(async () => {
    await cancelWorkflow({ workflowId: board.record.run });
    await condition(() => cancel.requested(), '1 minute');
  });
}

/** As what the run closes when its jobs could not run. */
function closing(error: unknown, record: ProgressRecord): unknown {
  if (error instanceof GroupRefusal) return new CancelledFailure(error.message);
  // What is not a failure of Temporal's would be tried again for ever.
  if (error instanceof ExpressionError) return runFailure(record);
  return isInvalid(error) ? invalid(error) : error;
}

function firstRecord(run: RunId, type: string, startedAt: number, options: RunOptions | undefined): ProgressRecord {
  const earlier = options?.continueFrom;
  if (earlier && restartProblem(earlier) === undefined) return restart(earlier.record, earlier.plan, earlier.from ?? { kind: 'failed-step' }, startedAt);
  return { run, file: `${type}.yml`, attempt: 1, inputs: {}, status: 'in_progress', undone: false, jobs: [], undos: [], startedAt };
}

/** There is nothing to go on from, or not there. */
function refuseRestart(options: RunOptions | undefined): void {
  const message = options?.continueFrom && restartProblem(options.continueFrom);
  if (message === undefined) return;
  throw ApplicationFailure.create({ message, type: RUN_FAILURES.invalid, nonRetryable: true });
}

function pick(options: RunOptions | undefined): Partial<LoadPlanInput> {
  const { file, onFailure, waitTimeoutMs, facts, job } = options ?? {};
  return { ...(file ? { file } : {}), ...(onFailure ? { onFailure } : {}), ...(waitTimeoutMs === undefined ? {} : { waitTimeoutMs }), ...(facts ? { facts } : {}), ...(job ? { job } : {}) };
}

/** What lists show of it: `run-name`, and the search attributes of a run that was not started by the CLI, which gives them itself. */
function nameRun(plan: Plan, facts: RunFacts, board: Board): void {
  const name = plan.runName === undefined ? '' : templateText(plan.runName, runScope(facts)).trim();
  if (name !== '') {
    board.update({ name });
    upsertMemo({ [MEMO.name]: name });
  }
  const cluster = plan.inputs['cluster'];
  if (workflowInfo().searchAttributes[SEARCH_ATTRIBUTES.file]) return;
  upsertSearchAttributes({ [SEARCH_ATTRIBUTES.file]: [plan.type], ...(cluster ? { [SEARCH_ATTRIBUTES.cluster]: [String(cluster)] } : {}) });
}

async function takeTurn({ concurrency }: Plan, facts: RunFacts, board: Board, endings: ReadonlyMap<string, Ending>): Promise<void> {
  const wanted = concurrency && evaluateConcurrency(concurrency, runScope(facts));
  if (wanted) {
    await holdGroup({
      ...wanted,
      claimant: { run: facts.id, owner: facts.id },
      onWait: (queuePlace) => board.update({ status: 'waiting', waitsFor: wanted.group, queuePlace }),
      endOwnJob: ({ key, reason }) => endings.get(key)?.end(reason),
    });
  }
  board.update({ status: 'in_progress' });
}

/** For how long a failed step waits for a person, where it waits. */
function parkTime(options: RunOptions | undefined, plan: Plan): number | undefined {
  return (options?.onFailure ?? plan.onFailure) === 'wait' ? options?.waitTimeoutMs ?? plan.waitTimeoutMs ?? WAIT_TIMEOUT_MS : undefined;
}

/** A cancel means undo, whatever `on-failure` says; and so does a failure about which nobody decided in time. */
async function undoWhatFailed(onFailure: Plan['onFailure'], board: Board): Promise<void> {
  const { conclusion, undos } = board.record;
  const wanted = conclusion === 'cancelled' || (conclusion === 'failure' && onFailure !== 'keep');
  if (!wanted || undos.length === 0) return;
  await undo(board, undos);
  board.update({ undone: true });
}

async function undo(board: Board, undos: readonly UndoRecord[]): Promise<void> {
  const { run, attempt, undos: all } = board.record;
  const partly = all.some((other) => other.conclusion !== 'success' && !undos.includes(other));
  board.update({ status: 'undoing' });
  await undoRun(run, attempt, undos, (changed) => board.putUndo(changed), { partly });
  board.update({ undone: board.record.undos.every(({ status }) => status === 'completed') });
}

function nothingLeft({ undos }: ProgressRecord): boolean {
  return undos.every(({ conclusion }) => conclusion !== 'failure');
}

function closeRecord(board: Board): void {
  board.update({ status: 'completed', endedAt: Date.now() });
  const { conclusion } = board.record;
  upsertMemo({ [MEMO.record]: fitRecord(board.record) });
  upsertSearchAttributes({ [SEARCH_ATTRIBUTES.conclusion]: [(board.record.undone ? 'undone' : conclusion ?? 'success') as Conclusion] });
}

function isInvalid(error: unknown): error is Error & { cause: ApplicationFailure } {
  return error instanceof Error && error.cause instanceof ApplicationFailure && error.cause.type === RUN_FAILURES.invalid;
}

/** Without the activity's wrapping, so that the UI shows what is wrong with the file. */
function invalid({ cause }: { readonly cause: ApplicationFailure }): ApplicationFailure {
  return ApplicationFailure.create({ message: cause.message, type: RUN_FAILURES.invalid, nonRetryable: true, details: cause.details ?? [] });
}
