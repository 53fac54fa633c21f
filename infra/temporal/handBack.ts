/**
 * Hands back to the server what killed workers had in hand, so that it gives that to the next worker at once.
 *
 * 1. A workflow forgets the worker that had it in memory before one of its activities is handed back: the task that follows would wait for that worker.
 * 2. What a worker had noted is handed back first, before the next one polls. What it was given and could not note is asked for, of every open
 *    workflow, while the next one works.
 */
import { ActivityNotFoundError, type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInHand } from '../inFlight.js';
import { Slots } from '../slots.js';

/** Requests at a time. */
const AT_ONCE = 16;
/** google.rpc.Code.NOT_FOUND */
const NOT_FOUND = 5;
/** temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_STARTED */
const STARTED = 2;

type Execution = Pick<ActivityInHand, 'workflowId' | 'runId'>;

/** @returns how many were still waited for */
export async function handBack(client: Client, activities: readonly ActivityInHand[]): Promise<number> {
  const handed = await Promise.all(activities.map(async (activity) => {
    await forgetWorker(client, activity);
    return stillThere(client.activity.fail(activity.taskToken, killed()));
  }));
  return handed.filter(Boolean).length;
}

/** Of every open workflow of the task queue: what a worker with one of these identities was given, and has not noted. @returns how many activities were handed back */
export async function handBackUnnoted(client: Client, taskQueue: string, identities: readonly string[]): Promise<number> {
  const slots = new Slots(AT_ONCE);
  const never = new AbortController().signal;
  const work: Promise<number>[] = [];
  for await (const execution of client.workflow.list({ query: `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'` })) {
    work.push(slots.take(never).then(async (free) => {
      try {
        return await handBackOf(client, execution, identities);
      } finally {
        free();
      }
    }));
  }
  return (await Promise.all(work)).reduce((sum, count) => sum + count, 0);
}

async function handBackOf(client: Client, { workflowId, runId }: Execution, identities: readonly string[]): Promise<number> {
  if (!await forgetWorker(client, { workflowId, runId })) return 0;
  const pending = await stillThere(client.workflow.getHandle(workflowId, runId).describe());
  const left = (pending?.answer.raw.pendingActivities ?? []).filter(({ state, lastWorkerIdentity }) => state === STARTED && identities.includes(lastWorkerIdentity ?? ''));
  const handed = await Promise.all(left.map(({ activityId }) => stillThere(client.activity.fail({ workflowId, runId, activityId: activityId! }, killed()))));
  return handed.filter(Boolean).length;
}

/** The workflow's next task is for any worker. @returns false when the workflow is closed */
async function forgetWorker(client: Client, { workflowId, runId }: Execution): Promise<boolean> {
  const { namespace } = client.options;
  return await stillThere(client.workflowService.resetStickyTaskQueue({ namespace, execution: { workflowId, runId } })) !== undefined;
}

/** Undefined when what it is about is over, which is no fault. */
async function stillThere<T>(asked: Promise<T>): Promise<{ readonly answer: T } | undefined> {
  try {
    return { answer: await asked };
  } catch (error) {
    if (error instanceof ActivityNotFoundError || error instanceof WorkflowNotFoundError) return undefined;
    if (isGrpcServiceError(error) && Number(error.code) === NOT_FOUND) return undefined;
    throw error;
  }
}

function killed(): ApplicationFailure {
  return ApplicationFailure.create({ message: 'the worker was killed while it did this', type: 'WorkerKilled', nextRetryDelay: 1 });
}
