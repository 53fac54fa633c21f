/** How a long activity shows that it lives: heartbeats, and the note by which a new worker finds it when this one is killed. */
import { Context } from '@temporalio/activity';
import { forgetInFlight, noteInFlight } from '../infra/inFlight.js';

const HEARTBEAT_EVERY_MS = 2000;

/** Does the work of the current activity. Whatever ends it, the note is gone then. */
export async function keepAlive<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const { taskToken, workflowExecution } = context.info;
  if (workflowExecution) noteInFlight({ ...workflowExecution, taskToken });
  const heart = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(heart);
    forgetInFlight(taskToken);
  }
}
