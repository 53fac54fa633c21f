/**
 * A called workflow: a child workflow of the run, or of the workflow whose job calls it. Its jobs are its children.
 *
 * Owns: its jobs' records, and what it hands back. Does not own: its jobs' steps, the run's record.
 * 1. It never throws: it returns a result, also when it was cancelled.
 * 2. Its jobs' own reports go to the run. What it adds: which jobs there are, which have begun, how they ended.
 */
import { CancellationScope, isCancellation, setHandler, workflowInfo } from '@temporalio/workflow';
import { matrixConclusion } from '../language/conclusions.js';
import { evaluateConcurrency } from '../language/concurrency.js';
import { callOutputsScope, type RunFacts, runScope } from '../language/contexts.js';
import { ExpressionError, templateText } from '../language/expressions.js';
import type { CallPlan } from '../language/plan.js';
import type { Conclusion } from '../language/record.js';
import { CallBoard } from './callBoard.js';
import type { CallInput, CallResult } from './callMessages.js';
import { fitRecord } from './fitRecord.js';
import { decideGate, Gates } from './gates.js';
import { endJob } from './groupMessages.js';
import { GroupRefusal, holdGroup } from './groupLock.js';
import { runJobs } from './jobs.js';
import { needFacts } from './needs.js';
import { endJobOf, type JobsRuntime } from './place.js';
import { freshJob, unstarted } from './records.js';
import { RunCancel } from './runCancel.js';
import { Starts } from './starts.js';

export async function call(input: CallInput): Promise<CallResult> {
  const { run, caller, call: { workflow, outputs } } = input;
  const cancel = new RunCancel();
  const board = new CallBoard(input.jobs.length > 0 ? input.jobs : workflow.jobs.map((job) => freshJob(job, { caller })), run.id);
  const gates = new Gates();
  setHandler(decideGate, ({ key, verdict }) => gates.decide(key, verdict));
  const runtime: JobsRuntime = { jobs: workflow.jobs, run, board, cancel, owner: workflowInfo().workflowId, caller, endings: new Map(), gates, starts: new Starts(), parkMs: input.parkMs };
  setHandler(endJob, (request) => endJobOf(runtime, request));
  const end = await CancellationScope.nonCancellable(async () => {
    void board.report();
    try {
      await takeGroup(input, runtime);
      await runJobs(runtime);
      return { conclusion: concludeJobs(runtime), outputs: evaluateOutputs(outputs, run, runtime) };
    } catch (error) {
      return giveUp(error, runtime);
    }
  });
  board.close();
  return fitRecord({ ...end, jobs: board.jobs, undos: board.undos });
}

/** It holds the group until it has ended: the server ends its lock then. */
async function takeGroup({ run, caller, call: { workflow: { concurrency } } }: CallInput, runtime: JobsRuntime): Promise<void> {
  const wanted = concurrency && evaluateConcurrency(concurrency, runScope(run));
  if (!wanted) return;
  const waiting = new CancellationScope({ cancellable: true });
  const forget = runtime.cancel.listen(() => waiting.cancel());
  try {
    await waiting.run(() => holdGroup({
      ...wanted,
      claimant: { run: run.id, job: caller.key, owner: parentId() },
      onWait: (queuePlace) => runtime.board.putJobs(runtime.board.jobs.map((job) => (job.status === 'queued' ? { ...job, waitsFor: wanted.group, queuePlace } : job))),
      endOwnJob: (request) => endJobOf(runtime, request),
    }));
  } finally {
    forget();
    runtime.board.putJobs(runtime.board.jobs.map(({ waitsFor: _, queuePlace: __, ...job }) => job));
  }
}

/** The workflow that can end the calling job. */
function parentId(): string {
  return workflowInfo().parent?.workflowId ?? workflowInfo().workflowId;
}

function giveUp(error: unknown, { board }: JobsRuntime): Pick<CallResult, 'conclusion' | 'outputs' | 'error'> {
  const refused = error instanceof GroupRefusal;
  if (!refused && !isCancellation(error) && !(error instanceof ExpressionError)) throw error;
  const conclusion: Conclusion = error instanceof ExpressionError ? 'failure' : 'cancelled';
  board.putJobs(board.jobs.filter(({ status }) => status !== 'completed').map((job) => unstarted(job, conclusion === 'failure' ? 'skipped' : 'cancelled')));
  return { conclusion, outputs: {}, ...(error instanceof Error && !isCancellation(error) ? { error: error.message } : {}) };
}

/** A failure counts before a cancelled job. */
function concludeJobs({ board, caller }: JobsRuntime): Conclusion {
  return matrixConclusion(board.jobs.filter((job) => job.caller === caller?.key).map(({ conclusion }) => conclusion ?? 'skipped'));
}

/** @throws ExpressionError */
function evaluateOutputs(outputs: CallPlan['outputs'], run: RunFacts, runtime: JobsRuntime): Readonly<Record<string, string>> {
  const scope = callOutputsScope(run, needFacts({ needs: runtime.jobs.map(({ id }) => id) }, runtime));
  return Object.fromEntries(Object.entries(outputs).map(([name, template]) => [name, templateText(template, scope)]));
}
