/** Whether this workflow's cancellation was requested. */
import { CancellationScope } from '@temporalio/workflow';

export interface Cancel {
  requested(): boolean;
}

/** Call it in the workflow's main function, outside any scope. */
export function trackCancel(): Cancel {
  let requested = false;
  CancellationScope.current().cancelRequested.catch(() => {
    requested = true;
  });
  return { requested: () => requested };
}
