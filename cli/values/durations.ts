/** Durations of flags. */
import { InvalidDurationError, parseDuration } from '../../language/durations.js';
import { UsageError } from '../errors.js';

/** Milliseconds, more than 0. @param flag for the message @throws UsageError */
export function duration(flag: string, text: string): number {
  try {
    const ms = parseDuration(text);
    if (ms > 0) return ms;
  } catch (error) {
    if (!(error instanceof InvalidDurationError)) throw error;
    throw new UsageError(`${flag}: ${error.message}`);
  }
  throw new UsageError(`${flag} ${text} is no time at all: use more than 0`);
}
