/** Asks an open run for an update, and says why where it refuses. */
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Decided, UPDATES } from '../../workflows/messages.js';
import { shellWord } from '../../infra/errors.js';
import { RefusedError } from '../errors.js';

/** @throws RefusedError with the run's own reason, or that it is over */
export async function decide(client: Client, id: string, update: keyof typeof UPDATES, choice?: object): Promise<Decided> {
  try {
    return await client.workflow.getHandle(id).executeUpdate<Decided, [object | undefined]>(update, { args: [choice] });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw new RefusedError(error.cause?.message ?? error.message);
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new RefusedError(`${id} is over: there is nothing to ${update}\n  Go on with it, if it failed and was kept: fleetwright resume ${shellWord(id)}`);
  }
}
