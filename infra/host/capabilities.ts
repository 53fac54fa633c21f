/** Capabilities of this process's bounding set (capabilities(7)). */
import { readFileSync } from 'node:fs';

/** Numbers of the capabilities that matter here (linux/capability.h). */
export const CAPABILITY = { NET_ADMIN: 12, SYS_ADMIN: 21, SYS_RESOURCE: 24 } as const;

/** The bounding set as a bit mask; undefined where the system does not say (not Linux). */
export function boundingSet(): bigint | undefined {
  try {
    const hex = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return hex ? BigInt(`0x${hex}`) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the set has the capability; true when the set is not known. */
export function hasCapability(set: bigint | undefined, capability: keyof typeof CAPABILITY): boolean {
  return set === undefined || (set >> BigInt(CAPABILITY[capability]) & 1n) === 1n;
}
