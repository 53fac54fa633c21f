/** Whether a workflow is closed, waiting until it is, and what an open one's memo says. */
import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Standing } from '../secrets/forgetClosed.js';

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
  return (await openMemo(client, workflowId)) !== undefined;
}

/** The memo of the workflow's current execution; undefined when that is closed, or when there is none. */
export async function openMemo(client: Client, workflowId: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const { status, memo } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' ? (memo ?? {}) : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** How the run with this id stands, its latest attempt. @param isFinal whether nobody can go on with a closed one, by its memo @throws what the server's client throws */
export async function runStanding(client: Client, workflowId: string, isFinal: (memo: Readonly<Record<string, unknown>>) => boolean): Promise<Standing> {
  try {
    const { status, closeTime, memo } = await client.workflow.getHandle(workflowId).describe();
    if (status.name === 'RUNNING' || closeTime === undefined) return { kind: 'open' };
    return { kind: 'closed', at: closeTime.getTime(), final: isFinal(memo ?? {}) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'absent' };
    throw error;
  }
}

/** Requests the cancel of the workflow's current execution. Does nothing when that is closed, or when there is none. */
export async function cancelWorkflow(client: Client, workflowId: string): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).cancel();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
