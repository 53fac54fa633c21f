/** What a host must have for a local cluster: facts in, findings out. */
import type { HostFacts } from './facts.js';

export interface HostCheck {
  /** `memory`, `disk`, `cgroups`, `capabilities`, `overlayfs`, `ports`, `node`, `subnets`. */
  readonly name: string;
  readonly ok: boolean;
  /** What was found, for a person. */
  readonly detail: string;
  /** What to do about it; there when not ok. */
  readonly remedy?: string;
}

export interface HostNeeds {
  /** How many machines are still to be booted; those that run have their memory already. */
  readonly machinesToBoot: number;
}

/** All checks, in the order in which `doctor` shows them. */
export function checkHost(_facts: HostFacts, _needs: HostNeeds): readonly HostCheck[] {
  throw new Error('to be filled');
}

/** @throws PermanentError that names every failed check with its remedy; nothing when all are ok */
export function requireHost(_checks: readonly HostCheck[]): void {
  throw new Error('to be filled');
}
