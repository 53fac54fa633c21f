/** `--on-failure` and `--wait-timeout`. */
import type { OnFailure, Plan } from '../../language/plan.js';
import { UsageError } from '../errors.js';
import type { RunFlags } from '../flags.js';
import { duration } from './durations.js';

/** What the flags say; nothing where they say nothing. @throws UsageError */
export function failureOptions({ onFailure, waitTimeout }: Pick<RunFlags, 'onFailure' | 'waitTimeout'>): { readonly onFailure?: OnFailure; readonly waitTimeoutMs?: number } {
  if (waitTimeout !== undefined && onFailure !== undefined && onFailure !== 'wait') throw new UsageError(`--wait-timeout goes with --on-failure wait, not ${onFailure}`);
  return {
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(waitTimeout === undefined ? {} : { waitTimeoutMs: duration('--wait-timeout', waitTimeout) }),
  };
}

/** A time for which nothing waits is a flag that was forgotten. @param plan made with the flags @throws UsageError */
export function checkWaits({ onFailure }: Pick<Plan, 'onFailure'>, { waitTimeout }: Pick<RunFlags, 'waitTimeout'>): void {
  if (waitTimeout !== undefined && onFailure !== 'wait') throw new UsageError(`--wait-timeout goes with --on-failure wait: the file says ${onFailure}`);
}
