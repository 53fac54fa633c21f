/** What a failure says to a person: the innermost cause, without Temporal's wrapping. */
import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/workflow';

/** At most the last 4 KiB: the whole of it is in the step's log. */
export function failureText(error: unknown): string {
  if ((error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause) return failureText(error.cause);
  if (error instanceof TimeoutFailure) return 'it took longer than it may, and no answer came from the worker';
  if (error instanceof TerminatedFailure) return 'it was terminated';
  if (error instanceof ApplicationFailure || error instanceof Error) return error.message.slice(-4096);
  return String(error).slice(-4096);
}
