/**
 * The jobs of a run: a DAG without barriers. Each is decided as soon as its own needs have concluded.
 *
 * Owns: which jobs start, and the matrix of each with its fail-fast and max-parallel. Does not own: what a job does (`job.ts`).
 * 1. A job whose record says success is not started again.
 * 2. A job that was ended by force, and so could not say what it did, has its undos registered from its plan.
 */
import {
  CancellationScope, ChildWorkflowCancellationType, executeChild, isCancellation,
} from '@temporalio/workflow';
import { decideJob, jobConclusion, matrixConclusion, type JobStanding } from '../language/conclusions.js';
import { jobIfScope, jobScope, type NeedFacts, type RunFacts } from '../language/contexts.js';
import { ExpressionError, templateText, type Scope } from '../language/expressions.js';
import type { JobId, RunId } from '../language/ids.js';
import { expandStrategy, jobName, type ExpandedStrategy, type JobInstance } from '../language/matrix.js';
import type { JobPlan, Plan } from '../language/plan.js';
import type { Conclusion, JobRecord, StepRecord } from '../language/record.js';
import type { Cancel } from './cancel.js';
import { failureText } from './failures.js';
import { job as jobWorkflow } from './job.js';
import type { JobResult } from './jobMessages.js';
import { plannedUndos } from './plannedUndos.js';
import type { Board } from './progress.js';
import { freshJob } from './records.js';
import { takeInTurns } from './turns.js';

/** Resolves when every job has concluded. */
export async function runJobs(plan: Plan, run: RunId, board: Board, cancel: Cancel): Promise<void> {
  const facts: RunFacts = { id: run, attempt: board.record.attempt, name: plan.name, inputs: plan.inputs, env: plan.env, ...(plan.facts ? { facts: plan.facts } : {}) };
  const started = new Map<JobId, Promise<void>>();
  const start = (job: JobPlan): Promise<void> => {
    const needs = plan.jobs.filter(({ id }) => job.needs.includes(id)).map(begin);
    return Promise.all(needs).then(() => runJob(job, plan, facts, board, cancel));
  };
  const begin = (job: JobPlan): Promise<void> => {
    const begun = started.get(job.id) ?? start(job);
    started.set(job.id, begun);
    return begun;
  };
  await Promise.all(plan.jobs.map(begin));
}

async function runJob(job: JobPlan, plan: Plan, run: RunFacts, board: Board, cancel: Cancel): Promise<void> {
  if (standings(plan, board).get(job.id)?.conclusion === 'success') return;
  const needs = needFacts(job, board);
  const decision = decideJob(job, standings(plan, board), cancel.requested(), () => jobIfScope(run, needs));
  if (decision.kind !== 'start') {
    const conclusion: Conclusion = decision.kind === 'fail' ? 'failure' : 'skipped';
    for (const record of recordsOf(job.id, board)) board.putJob(unstarted(record, conclusion, decision.kind === 'fail' ? decision.error : undefined));
    return;
  }
  try {
    const expanded = expandStrategy(job, jobIfScope(run, needs));
    await runInstances(job, expanded, { run, needs, board });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    for (const record of recordsOf(job.id, board)) board.putJob(unstarted(record, 'failure', error.message));
  }
}

interface JobRuntime {
  readonly run: RunFacts;
  readonly needs: Readonly<Record<string, NeedFacts>>;
  readonly board: Board;
}

async function runInstances(job: JobPlan, { instances, failFast, maxParallel }: ExpandedStrategy, runtime: JobRuntime): Promise<void> {
  const { board, run, needs } = runtime;
  if (job.strategy && board.job(job.id)) {
    board.replaceJob(job.id, instances.map((instance) => {
      const facts = { run, job: job.id, needs, ...pickMatrix(instance), strategy: instance.strategy };
      return { ...freshJob(job, instance.key, instance.matrix), name: jobName(job, instance.matrix, jobScope(facts)) };
    }));
  }
  await CancellationScope.cancellable(async () => {
    const siblings = CancellationScope.current();
    let failedFast = false;
    const runOne = async (instance: JobInstance): Promise<void> => {
      const record = board.job(instance.key)!;
      if (record.result === 'success') return;
      if (failedFast) return board.putJob(unstarted(record, 'cancelled'));
      const done = await runInstance(job, instance, record, runtime);
      if (done.conclusion === 'failure' && failFast && instances.length > 1) {
        failedFast = true;
        siblings.cancel();
      }
    };
    await takeInTurns(instances, maxParallel, runOne);
  });
}

async function runInstance(plan: JobPlan, { strategy }: JobInstance, record: JobRecord, { run, needs, board }: JobRuntime): Promise<JobRecord> {
  const running: JobRecord = { ...record, status: 'in_progress', startedAt: Date.now() };
  const scope = jobScope({ run, job: plan.id, needs, strategy, ...(record.matrix ? { matrix: record.matrix } : {}) });
  board.putJob(withFirstStep(running, scope));
  const { record: done, undos } = await child({ run, plan, record: running, needs, strategy });
  board.register(undos);
  board.putJob(done);
  return done;
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

async function child(input: Parameters<typeof jobWorkflow>[0]): Promise<JobResult> {
  try {
    return await executeChild(jobWorkflow, {
      workflowId: `${input.run.id}/${input.record.key}`,
      args: [input],
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: input.record.name.slice(0, 190),
    });
  } catch (error) {
    const conclusion: Conclusion = isCancellation(error) ? 'cancelled' : 'failure';
    const record = { ...unstarted(input.record, conclusion, conclusion === 'failure' ? failureText(error) : undefined) };
    return { record, undos: conclusion === 'failure' ? plannedUndos(input) : [] };
  }
}

function unstarted(record: JobRecord, result: Conclusion, error?: string): JobRecord {
  const steps = record.steps.map((step) =>
    step.status === 'completed' ? step : { ...step, status: 'completed' as const, conclusion: result === 'cancelled' ? result : ('skipped' as const) });
  return { ...record, steps, status: 'completed', result, conclusion: jobConclusion(result, false), endedAt: Date.now(), ...(error ? { error } : {}) };
}

function recordsOf(id: JobId, board: Board): readonly JobRecord[] {
  return board.record.jobs.filter((job) => job.id === id);
}

/** Every job as its dependents see it; the jobs of one matrix as one. */
function standings(plan: Plan, board: Board): ReadonlyMap<JobId, JobStanding> {
  return new Map(plan.jobs.map(({ id, needs }) => {
    const conclusions = recordsOf(id, board).map(({ conclusion }) => conclusion);
    const all = conclusions.every((conclusion) => conclusion !== undefined);
    return [id, { needs, ...(all ? { conclusion: matrixConclusion(conclusions as Conclusion[]) } : {}) }];
  }));
}

/** What `needs` holds: of a matrix, the outputs of its last job that gave any, as on GitHub. */
function needFacts(job: JobPlan, board: Board): Readonly<Record<string, NeedFacts>> {
  return Object.fromEntries(job.needs.map((id) => {
    const records = recordsOf(id, board);
    const result = matrixConclusion(records.map(({ conclusion }) => conclusion ?? 'skipped'));
    return [id, { result, outputs: Object.assign({}, ...records.map(({ outputs }) => outputs)) as Record<string, string> }];
  }));
}

function pickMatrix({ matrix }: JobInstance): { readonly matrix?: Readonly<Record<string, unknown>> } {
  return matrix ? { matrix } : {};
}
