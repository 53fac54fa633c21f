/**
 * One job, from its turn in its concurrency group to its end. It is a child workflow: of its steps, or of the workflow that it calls.
 *
 * 1. A job that was ended by force, and so could not say what it did, has its undos registered from its plan.
 */
import { ChildWorkflowCancellationType, isCancellation, startChild } from '@temporalio/workflow';
import { evaluateConcurrency } from '../language/concurrency.js';
import { jobScope } from '../language/contexts.js';
import { ExpressionError, templateText, type Scope } from '../language/expressions.js';
import { needsTooLarge } from '../language/handedOver.js';
import type { ConcurrencyPlan } from '../language/plan.js';
import type { JobRecord, StepRecord, UndoEntry } from '../language/record.js';
import type { Ending } from './ending.js';
import { failureText } from './failures.js';
import { GateRejection } from './gates.js';
import { type Claimant, GroupRefusal, holdGroup, type Release } from './groupLock.js';
import { job as jobWorkflow } from './job.js';
import type { JobResult } from './jobMessages.js';
import { WORKFLOW_TASK_TIMEOUT } from './messages.js';
import { endJobOf, type JobsRuntime, type JobStart } from './place.js';
import { plannedUndos } from './plannedUndos.js';
import { unstarted } from './records.js';
import { startCall } from './startCall.js';
import type { Starts } from './starts.js';

/** Gives the record with which it ended. Throws for nothing but a fault of our own code. */
export async function startJob(start: JobStart, ending: Ending, runtime: JobsRuntime): Promise<JobRecord> {
  try {
    return await ending.run(async () => {
      const record = await runtime.gates.pass(start, runtime.owner, (waiting) => runtime.board.putJobs([waiting]));
      return inTurn({ ...start, record }, runtime);
    });
  } catch (error) {
    if (isCancellation(error)) return unstarted(start.record, 'cancelled', ending.reason);
    if (error instanceof GateRejection) return { ...unstarted(start.record, 'failure', error.message), gate: error.verdict };
    if (error instanceof GroupRefusal) return unstarted(start.record, 'cancelled', error.message);
    if (error instanceof ExpressionError) return unstarted(start.record, 'failure', error.message);
    throw error;
  }
}

async function inTurn(start: JobStart, runtime: JobsRuntime): Promise<JobRecord> {
  const { plan: { concurrency }, record } = start;
  const release = concurrency ? await takeGroup(concurrency, start, runtime) : undefined;
  try {
    const { done, undos } = await perform({ ...start, record: { ...record, status: 'in_progress', startedAt: Date.now() } }, runtime);
    runtime.board.register(undos);
    return done;
  } finally {
    release?.();
  }
}

async function takeGroup(concurrency: ConcurrencyPlan, { record, facts }: JobStart, runtime: JobsRuntime): Promise<Release | undefined> {
  const wanted = evaluateConcurrency(concurrency, jobScope(facts));
  if (!wanted) return undefined;
  const claimant: Claimant = { run: facts.run.id, job: record.key, owner: runtime.owner };
  return holdGroup({
    ...wanted, claimant,
    onWait: (queuePlace) => runtime.board.putJobs([{ ...record, waitsFor: wanted.group, queuePlace }]),
    endOwnJob: (request) => endJobOf(runtime, request),
  });
}

interface Performed {
  readonly done: JobRecord;
  readonly undos: readonly UndoEntry[];
}

async function perform(start: JobStart, runtime: JobsRuntime): Promise<Performed> {
  const { plan, record, facts } = start;
  const tooLarge = needsTooLarge(facts.needs);
  if (tooLarge !== undefined) return { done: unstarted(record, 'failure', tooLarge), undos: [] };
  if (plan.call) {
    runtime.board.putJobs([record]);
    return startCall(plan.call, start, runtime);
  }
  runtime.board.putJobs([withFirstStep(record, jobScope(facts))]);
  const { run, needs, strategy } = facts;
  const { record: done, undos } = await child({ run, plan, record, needs, strategy, ...(runtime.parkMs === undefined ? {} : { parkMs: runtime.parkMs }) }, `${runtime.owner}/${start.local}`, runtime.starts);
  return { done, undos };
}

/** A job's first step begins with the job, which is not worth a report: its name is expanded as far as it can be known here. */
function withFirstStep(job: JobRecord, scope: Scope): JobRecord {
  const first = job.steps.findIndex(({ status }) => status !== 'completed');
  const begin = (step: StepRecord): StepRecord => ({ ...step, name: expandName(step.name, scope), status: 'in_progress', startedAt: job.startedAt! });
  return { ...job, steps: job.steps.map((step, i) => (i === first ? begin(step) : step)) };
}

/** Best effort: what only the job knows stays as it is written until the job says it. */
function expandName(name: string, scope: Scope): string {
  try {
    return templateText(name, scope);
  } catch (error) {
    if (error instanceof ExpressionError) return name;
    throw error;
  }
}

async function child(input: Parameters<typeof jobWorkflow>[0], workflowId: string, starts: Starts): Promise<JobResult> {
  try {
    const started = await starts.inTurn(() => startChild(jobWorkflow, {
      workflowId,
      args: [input],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: input.record.name.slice(0, 190),
    }));
    return await started.result();
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { record: unstarted(input.record, 'failure', failureText(error)), undos: plannedUndos(input) };
  }
}
