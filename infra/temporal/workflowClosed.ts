/** Whether a workflow is closed, and waiting until it is. */
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

/** Whether there is a workflow of that id whose current execution is not closed. */
export async function workflowIsOpen(client: Client, workflowId: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
