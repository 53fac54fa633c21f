/** `--on-failure` and `--wait-timeout`. */
import type { OnFailure } from '../../language/plan.js';
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
