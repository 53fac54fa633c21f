/** Reads a run: its record and plan, live by query, or from the memo when it is closed (no worker is needed for that). */
import { type Client, type WorkflowExecutionDescription, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Plan } from '../../language/plan.js';
import type { ProgressRecord } from '../../language/record.js';
import { MEMO, PLAN_QUERY, PROGRESS_QUERY } from '../../workflows/messages.js';
import type { RunEnd, RunFailure } from './outcome.js';

const QUERY_DEADLINE_MS = 5_000;
/** A worker that has just started replays the whole history first. */
const REPLAY_DEADLINE_MS = 30_000;

/** The record as the running workflow tells it. Rejects when server or worker do not answer in `deadlineMs`. */
export async function queryRecord(client: Client, id: string, deadlineMs = QUERY_DEADLINE_MS): Promise<ProgressRecord> {
  return client.withDeadline(Date.now() + deadlineMs, () => client.workflow.getHandle(id).query<ProgressRecord>(PROGRESS_QUERY));
}

/** What Temporal says of a run. Rejects in `deadlineMs` when it does not answer. */
export async function describeRun(client: Client, id: string, deadlineMs = QUERY_DEADLINE_MS): Promise<WorkflowExecutionDescription> {
  return client.withDeadline(Date.now() + deadlineMs, () => client.workflow.getHandle(id).describe());
}

/** The end of a closed run. @param last a record seen before, for a run that was terminated */
export async function readEnd(client: Client, description: WorkflowExecutionDescription, last?: ProgressRecord): Promise<RunEnd> {
  const id = description.workflowId;
  const record = asRecord(description.memo?.[MEMO.record]) ?? last ?? await quietly(() => queryRecord(client, id));
  const failure = description.status.name === 'FAILED' ? await failureOf(client, id) : undefined;
  return { id, status: description.status.name, ...(record === undefined ? {} : { record }), ...(failure === undefined ? {} : { failure }) };
}

/** The plan and the record of a closed run, to go on from. Undefined where neither memo nor worker has them: the plan needs a worker. */
export async function readProgress(client: Client, description: WorkflowExecutionDescription): Promise<{ readonly plan?: Plan; readonly record?: ProgressRecord }> {
  const id = description.workflowId;
  const plan = asPlan(await quietly(() => client.withDeadline(Date.now() + REPLAY_DEADLINE_MS, () => client.workflow.getHandle(id).query<unknown>(PLAN_QUERY))));
  const record = asRecord(description.memo?.[MEMO.record]) ?? await quietly(() => queryRecord(client, id));
  return { ...(plan === undefined ? {} : { plan }), ...(record === undefined ? {} : { record }) };
}

async function failureOf(client: Client, id: string): Promise<RunFailure | undefined> {
  try {
    await client.withDeadline(Date.now() + QUERY_DEADLINE_MS, () => client.workflow.getHandle(id).result());
    return undefined;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) return undefined;
    const cause = error.cause;
    if (!(cause instanceof ApplicationFailure)) return { message: cause?.message ?? error.message, details: [] };
    return { ...(cause.type ? { type: cause.type } : {}), message: cause.message, details: detailLines(cause.details) };
  }
}

function detailLines(details: readonly unknown[] | null | undefined): string[] {
  return (details ?? []).flat().map((detail) => (typeof detail === 'string' ? detail : JSON.stringify(detail)));
}

/** Whether the value has keys. */
export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
/** The value, where it is a progress record. */
export const asRecord = (value: unknown): ProgressRecord | undefined => (isObject(value) && Array.isArray(value['jobs']) && typeof value['run'] === 'string' ? value as unknown as ProgressRecord : undefined);
/** The value, where it is a plan. */
export const asPlan = (value: unknown): Plan | undefined => (isObject(value) && value['version'] === 1 && Array.isArray(value['jobs']) ? value as unknown as Plan : undefined);

/** For what is nice to have: a worker that is not there, or a run that never had a plan, is no reason to fail. */
async function quietly<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error;
    return undefined;
  }
}
