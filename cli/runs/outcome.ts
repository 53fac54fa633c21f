/** How a run ended, as the command line sees it. Pure. */
import type { ProgressRecord } from '../../language/record.js';
import { RUN_FAILURES } from '../../workflows/messages.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { thingsOf } from '../tables.js';

/** The failure with which a workflow closed. */
export interface RunFailure {
  readonly type?: string;
  readonly message: string;
  /** Diagnostics of an invalid run, a line each. */
  readonly details: readonly string[];
}

/** A run that is closed. */
export interface RunEnd {
  readonly id: string;
  /** Temporal's status: `COMPLETED`, `FAILED`, `CANCELLED`, `TERMINATED`, `TIMED_OUT`. */
  readonly status: string;
  /** Absent when the run ended before it had a plan, or was terminated and no worker can tell. */
  readonly record?: ProgressRecord;
  readonly failure?: RunFailure;
}

/** The exit code of a run's end: what was left behind first, then cancelled, undone, failed, done. */
export function exitCodeOfEnd(end: RunEnd): ExitCode {
  if (end.failure?.type === RUN_FAILURES.invalid) return EXIT.invalid;
  if (end.record !== undefined && thingsOf(end.record, 'left').length > 0) return EXIT.left;
  if (end.status === 'COMPLETED' && end.record?.undone === true) return EXIT.undone; // by a command, when it was over
  if (end.status === 'CANCELLED' || end.record?.conclusion === 'cancelled') return EXIT.cancelled;
  if (end.status === 'COMPLETED' && end.record?.conclusion !== 'failure') return EXIT.ok;
  return end.record?.undone === true ? EXIT.undone : EXIT.failed;
}
