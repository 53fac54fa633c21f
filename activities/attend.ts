/**
 * How an activity of a step is attended while it acts: heartbeats, deadline, cancel, log, and the note by which a new worker
 * finds it when this one is killed.
 *
 * 1. The deadline counts the time of an attempt: a day without a worker does not fail a step.
 * 2. Whatever ends the attempt, the signal given to `act` is aborted and the log closed before the activity ends.
 */
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { RunId, StepAddress } from '../language/ids.js';
import { fileLogStore } from '../infra/log/fileStore.js';
import type { StepLog } from '../infra/logStore.js';
import type { StepLimits } from './contract.js';
import { timeoutFailure, toFailure } from './failures.js';
import { keepAlive } from './keepAlive.js';
import { runMasker } from './steps/secrets.js';

/** What the work of a step is given beside its input. */
export interface Attendance {
  /** Aborted on cancel and when the step's time is over. */
  readonly signal: AbortSignal;
  readonly log: StepLog;
  /** The activity's attempt, from 1. Over 1: an earlier one failed, or its worker was killed. */
  readonly attempt: number;
}

export interface Attended {
  readonly run: RunId;
  /** The job's key. */
  readonly job: string;
  readonly step: StepAddress;
  readonly limits: StepLimits;
}

/** Runs `act` attended. @throws ApplicationFailure, CancelledFailure */
export function attend<T>(who: Attended, act: (attendance: Attendance) => Promise<T>): Promise<T> {
  return keepAlive(() => attended(who, act));
}

async function attended<T>(who: Attended, act: (attendance: Attendance) => Promise<T>): Promise<T> {
  const context = Context.current();
  const { attempt } = context.info;
  const stop = new AbortController();
  const log = fileLogStore().open({ run: who.run, job: who.job, step: who.step }, await runMasker(who.run));
  if (attempt > 1) log.line(`attempt ${attempt}`);
  const clock = setTimeout(() => stop.abort(timeoutFailure(who.limits.timeoutMs)), who.limits.timeoutMs);
  const onCancel = (): void => stop.abort(new CancelledFailure('cancelled'));
  context.cancellationSignal.addEventListener('abort', onCancel);
  if (context.cancellationSignal.aborted) onCancel();
  try {
    stop.signal.throwIfAborted();
    return await act({ signal: stop.signal, log, attempt });
  } catch (error) {
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
    log.line(cause instanceof Error ? `failed: ${cause.message}` : 'failed');
    throw toFailure(cause, attempt, who.limits.maxAttempts);
  } finally {
    clearTimeout(clock);
    context.cancellationSignal.removeEventListener('abort', onCancel);
    stop.abort();
    log.close();
  }
}
