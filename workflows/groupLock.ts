/**
 * The lock of a concurrency group.
 *
 * Owns: that at most one run of a group is open. Does not own: who waits, and in which order.
 * 1. A lock is a workflow whose id is made from the group's name: Temporal refuses a second one.
 * 2. It is a child of the run that holds it, ended by the server when the run closes, however it closes: it never goes stale.
 * 3. It is started outside the run's cancellation, so that a cancelled run holds it until its undo is done.
 */
import {
  CancellationScope,
  ParentClosePolicy,
  condition,
  proxyActivities,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { AwaitClosedInput } from '../activities/contract.js';
import { LOCK_MEMO_HOLDER, groupLockId } from './messages.js';

const { 'await-workflow-closed': awaitWorkflowClosed } = proxyActivities<{
  'await-workflow-closed': (input: AwaitClosedInput) => Promise<void>;
}>({ startToCloseTimeout: '365 days', heartbeatTimeout: '15 seconds', summary: 'Wait for the run before this one' });

/** The lock itself: it holds until its parent closes. */
export async function groupLock(): Promise<void> {
  await condition(() => false);
}

/**
 * Takes the group's lock for this run; waits, for as long as it takes, while another run holds it.
 * @param onWait called each time before a wait begins
 * @throws CancelledFailure when the run is cancelled while it waits
 */
export async function holdGroup(group: string, onWait: () => void): Promise<void> {
  const workflowId = groupLockId(group);
  for (;;) {
    try {
      await CancellationScope.nonCancellable(() =>
        startChild(groupLock, {
          workflowId,
          parentClosePolicy: ParentClosePolicy.TERMINATE,
          memo: { [LOCK_MEMO_HOLDER]: workflowInfo().workflowId },
          staticSummary: `Lock of ${group}`,
        }),
      );
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    onWait();
    await awaitWorkflowClosed({ workflowId });
  }
}
