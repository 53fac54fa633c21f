/** How a step is named where the jobs of a matrix are told apart. Pure. */
import type { JobRecord, StepRecord } from '../../language/record.js';
import { cleanLine } from './text.js';

/** The step's address, with the job's key in it: `test (debian)/2`. */
export function placeOf({ key, id }: Pick<JobRecord, 'key' | 'id'>, { address }: Pick<StepRecord, 'address'>): string {
  return cleanLine(`${key}${address.slice(id.length)}`, false);
}
