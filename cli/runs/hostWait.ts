/**
 * For which host's worker a run waits: what belongs to a job's workspace is done where the workspace is, and the worker there may be away. The run itself
 * cannot know that; Temporal knows what nobody has taken.
 */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { isHostQueue } from '../../infra/host/hostQueue.js';
import type { StepAddress } from '../../language/ids.js';
import type { JobRecord, ProgressRecord } from '../../language/record.js';
import { TASK_QUEUE } from '../../workflows/messages.js';

/** Work that waits for the worker of one host. */
export interface HostWait {
  /** The job's key. */
  readonly job: string;
  /** Whose undo waits. @default it is the job's steps that do */
  readonly undo?: StepAddress;
  /** The host's name, where it is known. */
  readonly host?: string;
}

/** A run's record, with what Temporal knows beside it. */
export interface SeenRecord extends ProgressRecord {
  /** Absent where there are none. */
  readonly hostWaits?: readonly HostWait[];
}

/** temporal.api.enums.v1: PENDING_ACTIVITY_STATE_SCHEDULED, EVENT_TYPE_ACTIVITY_TASK_STARTED */
const SCHEDULED = 1;
const ACTIVITY_TASK_STARTED = 11;
/** A worker that is there takes what is for it in moments. Milliseconds. */
const TAKEN_WITHIN_MS = 3_000;
/** Jobs about which the server is asked: each is a question of its own. */
const MOST_JOBS = 16;
/** By who looks again and again. Milliseconds. */
const ASK_EVERY_MS = 4_000;
const EVENTS_LOOKED_AT = 200;

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** The record with the waits of an open run. Best effort: of what the server does not say nothing is known. @param description the run's */
export async function withHostWaits(client: Client, { raw }: Pick<WorkflowExecutionDescription, 'raw'>, record: ProgressRecord): Promise<SeenRecord> {
  const untaken = (raw.pendingActivities ?? []).filter(isUntaken);
  const undos = record.undos.filter(({ status, queue, activity }) => status === 'in_progress' && queue !== undefined && untaken.some((one) => one.activityType?.name === activity));
  const atWork = record.jobs.filter(mayWait).slice(0, MOST_JOBS);
  const jobs = await Promise.all(atWork.map((job) => jobWait(client, job, record).catch(() => undefined)));
  const hostWaits = [...undos.map(({ job, address, host }): HostWait => ({ job, undo: address, ...(host === undefined ? {} : { host }) })), ...jobs.filter((wait) => wait !== undefined)];
  return hostWaits.length === 0 ? record : { ...record, hostWaits };
}

/** As `withHostWaits`, for who looks again and again: the server is asked now and then. */
export function hostWaitsNowAndThen(client: Client): (description: Pick<WorkflowExecutionDescription, 'raw'>, record: ProgressRecord) => Promise<SeenRecord> {
  let [askedAt, waits] = [0, [] as readonly HostWait[]];
  return async (description, record) => {
    if (Date.now() - askedAt > ASK_EVERY_MS) {
      ({ hostWaits: waits = [] } = await withHostWaits(client, description, record));
      askedAt = Date.now();
    }
    return waits.length === 0 ? record : { ...record, hostWaits: waits };
  };
}

/** A job that has just begun is not waited for. */
function mayWait({ status, startedAt, steps }: JobRecord): boolean {
  return status === 'in_progress' && steps.length > 0 && Date.now() - (startedAt ?? Date.now()) > TAKEN_WITHIN_MS;
}

/** A host has a task queue of its own; what is for any host's worker waits for none in particular. */
async function jobWait(client: Client, job: JobRecord, record: ProgressRecord): Promise<HostWait | undefined> {
  const workflowId = workflowOf(job, record);
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const waits = raw.pendingActivities?.find((one) => isUntaken(one) && isHostQueue(one.activityOptions?.taskQueue?.name ?? '', TASK_QUEUE));
  if (waits === undefined) return undefined;
  const host = hostOf(waits.lastWorkerIdentity) ?? await lastHost(client, workflowId).catch(() => undefined);
  return { job: job.key, ...(host === undefined ? {} : { host }) };
}

/** Given to the workers at a time that is past: one that failed may be tried later. */
function isUntaken({ state, scheduledTime, nextAttemptScheduleTime, lastAttemptCompleteTime }: Pending): boolean {
  const since = Math.max(...[scheduledTime, nextAttemptScheduleTime, lastAttemptCompleteTime].map((time) => Number(time?.seconds ?? 0) * 1000));
  return state === SCHEDULED && Date.now() - since > TAKEN_WITHIN_MS;
}

/** `<run>/<job>`, with those between them that call. */
function workflowOf({ key, caller }: JobRecord, { run, jobs }: Pick<ProgressRecord, 'run' | 'jobs'>): string {
  const calling = caller === undefined ? undefined : jobs.find((job) => job.key === caller);
  return calling === undefined ? `${run}/${key}` : `${workflowOf(calling, { run, jobs })}/${key.slice(calling.key.length + ' / '.length)}`;
}

/** The host of the worker that did the job's steps last, from its history. */
async function lastHost(client: Client, workflowId: string): Promise<string | undefined> {
  const { namespace } = client.options;
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({ namespace, execution: { workflowId }, maximumPageSize: EVENTS_LOOKED_AT });
  return hostOf(history?.events?.find(({ eventType }) => eventType === ACTIVITY_TASK_STARTED)?.activityTaskStartedEventAttributes?.identity);
}

/** A worker names itself `PROCESS@HOST`. */
function hostOf(identity: string | null | undefined): string | undefined {
  return /@(.+)$/.exec(identity ?? '')?.[1];
}
