/**
 * What can interrupt the steps of a segment, from outside of them.
 *
 * 1. `cancel`: the job is to end, by a person or by its clock. Steps whose `if` still holds go on.
 * 2. `force`: it had its time to end, or its workflow was terminated. Nothing goes on.
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
  /** Whether the activity's workflow is closed, so that nobody goes on. Asked when the server does not know the attempt any more. @default it is not */
  readonly isOver?: () => Promise<boolean>;
}

export function listenForInterrupts(context: Context, { cancelled, cancelledAt, deadline, cancelTimeoutMs, isOver }: InterruptOptions): Interrupts {
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
  const onOver = (): void => {
    const reason = new CancelledFailure('the run was terminated');
    for (const one of [cancel, force]) one.abort(reason);
  };
  const onTaken = (): void => letGo.abort(new CancelledFailure('another worker goes on'));
  const onTemporal = (): void => {
    const { cancelRequested, notFound } = context.cancellationDetails ?? {};
    if (cancelRequested === true) onCancel(Date.now());
    // The workflow is closed, or has given the attempt up since it was not heard of for too long.
    else if (notFound === true && isOver) void isOver().then((over) => (over ? onOver() : onTaken()), onTaken);
    // The worker shuts down.
    else onTaken();
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
