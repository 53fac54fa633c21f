/** The one place that decides what is retryable, and what an error of the world looks like in a history. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { PermanentError, TransientError } from '../infra/errors.js';
import { FAILURES } from './contract.js';

/** The history keeps the tail of a message; the step's log has all of it. Characters. */
const LONGEST_MESSAGE = 4000;

/**
 * A fault that may pass is retried while attempts are left; all else is final. An error that is none of ours is a fault of our
 * own code: it is final too, since a repetition would meet it again.
 */
export function toFailure(error: unknown, attempt: number, maxAttempts: number): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const type = error instanceof Error ? error.name : 'Error';
  const retryable = error instanceof TransientError && attempt < maxAttempts;
  return ApplicationFailure.create({ message: message(error), type, nonRetryable: !retryable });
}

/** The step ran longer than it may. */
export function timeoutFailure(timeoutMs: number): ApplicationFailure {
  const text = `it was still running after ${Math.round(timeoutMs / 100) / 10} s, the longest it may take (timeout-minutes)`;
  return ApplicationFailure.create({ message: text, type: FAILURES.timeout, nonRetryable: true });
}

/** Everything wrong with the file and the inputs at once. */
export function invalidRun(problems: readonly string[]): ApplicationFailure {
  return ApplicationFailure.create({ message: problems.join('\n'), type: FAILURES.invalidRun, nonRetryable: true, details: [problems] });
}

/** What undoes a step failed, with all tries that it had. */
export function undoFailure(text: string): ApplicationFailure {
  return ApplicationFailure.create({ message: text.slice(-LONGEST_MESSAGE), type: FAILURES.undo, nonRetryable: true });
}

function message(error: unknown): string {
  if (error instanceof PermanentError || error instanceof TransientError) return error.message.slice(-LONGEST_MESSAGE);
  if (error instanceof Error) return `${error.message}\n(${error.stack?.split('\n')[1]?.trim() ?? 'no stack'})`.slice(-LONGEST_MESSAGE);
  return String(error).slice(-LONGEST_MESSAGE);
}
