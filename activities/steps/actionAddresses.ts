/** Where what an action runs before the job's first step, and after its last, stands in journals, logs and records. Pure. */
import { posix } from 'node:path';
import type { StepAddress } from '../../language/ids.js';

export function preAddress(address: string): string {
  return posix.join(posix.dirname(address), `pre-${posix.basename(address)}`);
}

export function postAddress(address: string): StepAddress {
  const at = address.indexOf('/');
  return `${address.slice(0, at)}/post-${address.slice(at + 1)}` as StepAddress;
}
