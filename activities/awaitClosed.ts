/** `await-workflow-closed`: the wait of a run whose concurrency group another run holds. */
import { Context } from '@temporalio/activity';
import type { AwaitClosedInput } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';

export function awaitClosedActivity({ workflowClosed }: Pick<ActivityDependencies, 'workflowClosed'>): (input: AwaitClosedInput) => Promise<void> {
  return async ({ workflowId }) => {
    const context = Context.current();
    const heart = setInterval(() => context.heartbeat(), 2000);
    try {
      await workflowClosed(workflowId, context.cancellationSignal);
    } finally {
      clearInterval(heart);
    }
  };
}
