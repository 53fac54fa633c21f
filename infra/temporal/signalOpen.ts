/** A signal that must not be lost. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { PermanentError, TransientError } from '../errors.js';

/** Resolves when the signal stands in the workflow's history. @throws PermanentError when the workflow is closed or not there; TransientError when the server does not answer */
export async function signalOpen(client: Client, workflowId: string, signal: string, argument: unknown): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).signal(signal, argument);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new PermanentError(`${workflowId} is closed: nothing more is done for it`, 'Start a new run.', { cause: error });
    throw new TransientError(`${workflowId} cannot be told: ${(error as Error).message}`, { cause: error });
  }
}
