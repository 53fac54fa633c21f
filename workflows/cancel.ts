/** Whether this workflow's cancellation was requested. */
import { CancellationScope } from '@temporalio/workflow';

export interface Cancel {
  requested(): boolean;
  /** Milliseconds since the epoch. */
  requestedAt(): number | undefined;
}

/** Call it in the workflow's main function, outside any scope. */
export function trackCancel(): Cancel {
  let requestedAt: number | undefined;
  CancellationScope.current().cancelRequested.catch(() => {
    requestedAt = Date.now();
  });
  return { requested: () => requestedAt !== undefined, requestedAt: () => requestedAt };
}
