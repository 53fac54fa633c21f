/** What labels of `runs-on` stand for, from flags. */
import { parseMachineName } from '../../language/ids.js';
import { UsageError } from '../errors.js';
import { asUsage, splitAssignment } from './assignments.js';

/** By label in lower case. @param given `LABEL=worker` or `LABEL=MACHINE` @throws UsageError */
export function readRunners(given: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(given.map((text) => {
    const [label, runner] = splitAssignment('--runner', text);
    if (runner === '') throw new UsageError(`--runner ${label}= names no runner: give ${label}=worker or ${label}=MACHINE`);
    try {
      return [label.toLowerCase(), runner === 'worker' ? runner : parseMachineName(runner)];
    } catch (error) {
      throw asUsage('--runner', error);
    }
  }));
}
