/** A job that calls a workflow: what it hands to the called one, and what it makes of its end. */
import { ChildWorkflowCancellationType, executeChild, isCancellation } from '@temporalio/workflow';
import { callInputs } from '../language/callInputs.js';
import { callSecrets } from '../language/callSecrets.js';
import { jobScope, type RunFacts, runScope } from '../language/contexts.js';
import type { CallPlan } from '../language/plan.js';
import type { JobRecord, UndoEntry } from '../language/record.js';
import { CALL_WORKFLOW, type CallWorkflow } from './callMessages.js';
import { failureText } from './failures.js';
import { isBelow } from './jobsBoard.js';
import { WORKFLOW_TASK_TIMEOUT } from './messages.js';
import type { JobsRuntime, JobStart } from './place.js';
import { plannedCallUndos } from './plannedUndos.js';
import { unstarted } from './records.js';

/** @throws ExpressionError, CancelledFailure when it was cancelled before it began */
export async function startCall(call: CallPlan, { record, facts, local }: JobStart, runtime: JobsRuntime): Promise<{ readonly done: JobRecord; readonly undos: readonly UndoEntry[] }> {
  const { board, owner } = runtime;
  const run = calledFacts(call, facts);
  const below = (): readonly JobRecord[] => board.jobs.filter((job) => isBelow(job, record.key));
  const { outputs, workflow } = call;
  const { key, name } = record;
  try {
    const result = await executeChild<CallWorkflow>(CALL_WORKFLOW, {
      workflowId: `${owner}/${local}`,
      args: [{ run, call: { outputs, workflow }, caller: { key, name }, jobs: below(), ...(runtime.parkMs === undefined ? {} : { parkMs: runtime.parkMs }) }],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: name.slice(0, 190),
    });
    board.putJobs(result.jobs);
    const { conclusion, error } = result;
    return {
      done: { ...record, status: 'completed', result: conclusion, conclusion, outputs: result.outputs, endedAt: Date.now(), ...(error === undefined ? {} : { error }) },
      undos: result.undos,
    };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const undos = plannedCallUndos(call, run, key, below());
    const text = failureText(error);
    board.putJobs(below().filter(({ status }) => status !== 'completed').map((job) => unstarted(job, job.status === 'in_progress' ? 'failure' : 'skipped')));
    return { done: unstarted(record, 'failure', text), undos };
  }
}

/** A called workflow sees the run with its own inputs, `env` and secrets: not the caller's `env`. */
function calledFacts(call: CallPlan, facts: Parameters<typeof jobScope>[0]): RunFacts {
  const { run } = facts;
  const scope = jobScope(facts);
  return {
    ...run, inputs: callInputs(call, scope, runScope(run)), env: call.workflow.env,
    secrets: [...(run.secrets ?? []), callSecrets(call.secrets, scope)],
  };
}
