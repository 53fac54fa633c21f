/**
 * What can interrupt the steps of a segment, from outside of them.
 *
 * 1. `cancel`: the job is to end, by a person or by its clock. Steps whose `if` still holds go on.
 * 2. `force`: it had its time to end. Nothing goes on.
 * 3. `letGo`: this worker is to stop, or the server counts on another one. Processes go on without it.
 */
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';

export interface Interrupts {
  readonly cancel: AbortSignal;
  readonly force: AbortSignal;
  readonly letGo: AbortSignal;
  /** Whether the job's own time is over. */
  late(): boolean;
  /** Another worker has the job: lets go. @returns the reason */
  giveWay(): Error;
  dispose(): void;
}

export interface InterruptOptions {
  /** The job is cancelled already. */
  readonly cancelled: boolean;
  /** Since when, milliseconds since the epoch. @default now */
  readonly cancelledAt?: number | undefined;
  /** When the job must have ended: milliseconds since the epoch. */
  readonly deadline: number;
  /** How long a job may take to end after its cancel, milliseconds. */
  readonly cancelTimeoutMs: number;
}

export function listenForInterrupts(context: Context, { cancelled, cancelledAt, deadline, cancelTimeoutMs }: InterruptOptions): Interrupts {
  const [cancel, force, letGo] = [new AbortController(), new AbortController(), new AbortController()];
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number, act: () => void): void => void timers.push(setTimeout(act, Math.min(Math.max(ms, 0), 2 ** 31 - 1)));
  const onCancel = (since: number): void => {
    if (cancel.signal.aborted) return;
    cancel.abort(new CancelledFailure('the job is cancelled'));
    const end = (): void => force.abort(new CancelledFailure('the job took too long to end'));
    const left = since + cancelTimeoutMs - Date.now();
    if (left > 0) after(left, end);
    else end();
  };
  const onTemporal = (): void => {
    // Without a request the attempt is taken away: the worker shuts down, or was not heard of for too long.
    if (context.cancellationDetails?.cancelRequested === true) onCancel(Date.now());
    else letGo.abort(new CancelledFailure('another worker goes on'));
  };
  context.cancellationSignal.addEventListener('abort', onTemporal);
  if (context.cancellationSignal.aborted) onTemporal();
  if (cancelled) onCancel(cancelledAt ?? Date.now());
  else after(deadline - Date.now(), () => onCancel(deadline));
  return {
    cancel: cancel.signal,
    force: force.signal,
    letGo: letGo.signal,
    late: () => Date.now() >= deadline,
    giveWay: () => {
      letGo.abort(ApplicationFailure.create({ message: 'another worker goes on', type: 'AnotherWorker' }));
      return letGo.signal.reason as Error;
    },
    dispose: () => {
      for (const timer of timers) clearTimeout(timer);
      context.cancellationSignal.removeEventListener('abort', onTemporal);
    },
  };
}
