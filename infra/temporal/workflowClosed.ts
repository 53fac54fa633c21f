/** Waits until a workflow is closed. */
import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';

/** Resolves when the workflow's current execution is closed, however it closed, or when there is none. @throws the signal's reason */
export async function workflowClosed(client: Client, workflowId: string, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
  const closed = client.workflow.getHandle(workflowId).result().catch((error: unknown) => {
    if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError) return;
    throw error;
  });
  signal.throwIfAborted();
  await Promise.race([closed, aborted]);
}
