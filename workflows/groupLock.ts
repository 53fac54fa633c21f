/**
 * The places of a concurrency group: one that works, and those that wait.
 *
 * Owns: who is at which place, and that nobody stays there after its end. Does not own: what is done meanwhile.
 * 1. A place is a workflow whose id is made from the group's name and the place's number: Temporal refuses a second one. Place 0 is the lock.
 * 2. It is a child of the run that is there, ended by the server when the run closes, however it closes: it never goes stale.
 * 3. It is started outside the run's cancellation, so that a cancelled run holds it until its undo is done.
 * 4. Who waits moves up when the place before it is free, and leaves its own only then; who comes goes behind the last. So nobody overtakes.
 */
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  sleep,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { AwaitClosedInput } from '../activities/contract.js';
import type { CancelWorkflowInput, GroupPlaces, GroupPlacesInput } from '../activities/groups.js';
import { endJob, type EndJob, explainCancel } from './groupMessages.js';
import { LOCK_MEMO_HOLDER, groupPlaceId, WORKFLOW_TASK_TIMEOUT } from './messages.js';

/** GitHub's limit of `queue: max`. */
export const MOST_PENDING = 100;
/** Somebody is between two places, which takes a workflow task. */
const MOVING_MS = 250;

const { 'await-workflow-closed': awaitWorkflowClosed } = proxyActivities<{
  'await-workflow-closed': (input: AwaitClosedInput) => Promise<void>;
}>({ startToCloseTimeout: '365 days', heartbeatTimeout: '15 seconds', summary: 'Wait for the one before in the group' });

const { 'group-places': groupPlaces, 'cancel-workflow': cancelWorkflow } = proxyActivities<{
  'group-places': (input: GroupPlacesInput) => Promise<GroupPlaces>;
  'cancel-workflow': (input: CancelWorkflowInput) => Promise<void>;
}>({ startToCloseTimeout: '1 minute', retry: { maximumInterval: '10 seconds' }, summary: 'Look at the group' });

export { cancelWorkflow };

/** The one who wants the group. */
export interface Claimant {
  /** The run's id. */
  readonly run: string;
  /** The job's key; absent when the whole run wants it. */
  readonly job?: string;
  /** The run or called workflow that it is a part of, which takes `endJob`. */
  readonly owner: string;
}

export interface GroupRequest {
  readonly group: string;
  readonly queue: 'single' | 'max';
  readonly cancelInProgress: boolean;
  readonly claimant: Claimant;
  /** Called when a wait begins, and when it moves up. @param place in the queue, from 1 */
  readonly onWait: (place: number) => void;
  /** Ends a job of the same owner. */
  readonly endOwnJob: (request: EndJob) => void;
}

/** It will not get the group: its message says why, for a person. */
export class GroupRefusal extends Error {
  override readonly name = 'GroupRefusal';
}

/** Gives the group back. */
export type Release = () => void;

/** The place itself: it is held until its parent closes, or gives it back. */
export async function groupLock(): Promise<void> {
  try {
    await condition(() => false);
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}

/**
 * Takes the group; waits, for as long as it takes, while others have it.
 * @throws GroupRefusal, or CancelledFailure when its scope is cancelled while it waits
 */
export async function holdGroup(request: GroupRequest): Promise<Release> {
  const entered = await enter(request);
  let { at, place } = entered;
  try {
    while (at > 0) {
      request.onWait(at);
      await previousLeft(request.group, at, place);
      const next = await take(request, at - 1, false);
      if (!next) continue;
      place.release();
      place = next;
      at -= 1;
    }
    return place.release;
  } catch (error) {
    place.release();
    throw error;
  }
}

interface Place {
  readonly release: Release;
  /** Resolves when somebody took it. */
  readonly lost: Promise<void>;
}

async function enter(request: GroupRequest): Promise<{ readonly at: number; readonly place: Place }> {
  const { group, queue } = request;
  const ids = Array.from({ length: queue === 'single' ? 2 : MOST_PENDING + 1 }, (_, at) => groupPlaceId(group, at));
  for (;;) {
    const { places } = await groupPlaces({ ids });
    const last = places.findLastIndex((memo) => memo !== null);
    if (queue === 'single' && last > 0 && places[0] === null) {
      await sleep(MOVING_MS);
      continue;
    }
    if (last >= MOST_PENDING) throw new GroupRefusal(`${MOST_PENDING} wait for the group ${group} already, and that is the most`);
    if (places[0]) await endHolder(request, places[0]);
    const at = queue === 'single' ? Math.min(last + 1, 1) : last + 1;
    const place = await take(request, at, queue === 'single' && at > 0);
    if (place) return { at, place };
  }
}

/** @throws GroupRefusal when it would wait for itself */
async function endHolder(request: GroupRequest, memo: Readonly<Record<string, unknown>>): Promise<void> {
  const { group, cancelInProgress, claimant } = request;
  const { [LOCK_MEMO_HOLDER]: run, job, owner } = memo;
  if (run === claimant.run && (job === undefined || claimant.job?.startsWith(`${String(job)} / `))) {
    throw new GroupRefusal(`it would wait for itself: the group ${group} is held, until this job has ended, by what the job is a part of`);
  }
  if (!cancelInProgress || typeof run !== 'string') return;
  const reason = `${claimant.job === undefined ? claimant.run : `${claimant.job} of ${claimant.run}`} took its place in the group ${group} (cancel-in-progress)`;
  try {
    if (typeof job === 'string') return await endHeldJob(String(owner), job, reason, request);
    await getExternalWorkflowHandle(run).signal(explainCancel, reason);
    await cancelWorkflow({ workflowId: run });
  } catch (error) {
    // It has ended by itself.
    if (isCancellation(error)) throw error;
  }
}

async function endHeldJob(owner: string, key: string, reason: string, { claimant, endOwnJob }: GroupRequest): Promise<void> {
  // A workflow cannot signal itself.
  if (owner === claimant.owner) return endOwnJob({ key, reason });
  await getExternalWorkflowHandle(owner).signal(endJob, { key, reason });
}

async function previousLeft(group: string, at: number, { lost }: Place): Promise<void> {
  const waiting = new CancellationScope({ cancellable: true });
  const closed = waiting.run(() => awaitWorkflowClosed({ workflowId: groupPlaceId(group, at - 1) })).then(() => false);
  const replaced = await Promise.race([closed, lost.then(() => true)]);
  if (!replaced) return;
  closed.catch(() => undefined);
  waiting.cancel();
  throw new GroupRefusal(`a newer one took its place in the queue of the group ${group}`);
}

/** Undefined when somebody is there. @param replace ends whoever is there */
async function take({ group, claimant: { run, job, owner } }: GroupRequest, at: number, replace: boolean): Promise<Place | undefined> {
  return CancellationScope.nonCancellable(async () => {
    const held = new CancellationScope({ cancellable: true });
    try {
      const handle = await held.run(() => startChild(groupLock, {
        workflowId: groupPlaceId(group, at),
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        memo: { [LOCK_MEMO_HOLDER]: run, owner, ...(job === undefined ? {} : { job }) },
        staticSummary: `${at === 0 ? 'Lock' : `Place ${at} in the queue`} of ${group}`.slice(0, 190),
        ...(replace ? { workflowIdReusePolicy: WorkflowIdReusePolicy.TERMINATE_IF_RUNNING } : {}),
      }));
      const lost = handle.result().then(() => undefined, () => undefined);
      return { release: () => held.cancel(), lost };
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
      throw error;
    }
  });
}
