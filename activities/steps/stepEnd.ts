/** How a step, or a part of a composite one, ended, before its `continue-on-error`. */
import type { Conclusion } from '../../language/record.js';

export interface StepEnd {
  readonly outcome: Exclude<Conclusion, 'skipped'>;
  /** They may hold secrets: they are sealed before they leave the host. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Of GITHUB_PATH, the latest first. */
  readonly path: readonly string[];
  /** Of GITHUB_STATE, for the action's post step. */
  readonly state: Readonly<Record<string, string>>;
  /** Why it failed. */
  readonly error?: string;
  /** To be called when the end stands in the job's journal: nobody asks for what it removes after that. */
  readonly forget?: () => Promise<void>;
}

/** It lasts longer than a moment, and goes on. */
export const LINGERS = 'lingers';
export type Performed = StepEnd | typeof LINGERS;

const NOTHING = { outputs: {}, env: {}, path: [], state: {} } as const;

export function failed(error: string, rest: Partial<StepEnd> = {}): StepEnd {
  return { ...NOTHING, outcome: 'failure', ...rest, error };
}

export function succeeded(rest: Partial<StepEnd> = {}): StepEnd {
  return { ...NOTHING, ...rest, outcome: 'success' };
}

export function cancelledEnd(rest: Partial<StepEnd> = {}): StepEnd {
  return { ...NOTHING, ...rest, outcome: 'cancelled' };
}
