/** A wait of a step for something on the cluster. */
import { PermanentError, TransientError } from '../infra/errors.js';
import { waitFor } from '../infra/wait.js';
import type { Attendance } from './attend.js';

const LOOK_TIMEOUT_MS = 5 * 60_000;
const BETWEEN_LOOKS_MS = 300;

/** Looks until it is so. A look that meets a fault that may pass is one that was not good. */
export async function untilTrue(what: string, { signal, log }: Attendance, look: () => Promise<boolean>): Promise<void> {
  let problem = 'not yet';
  const seen = await waitFor(
    async () => {
      try {
        return (await look()) || undefined;
      } catch (error) {
        if (error instanceof PermanentError) throw error;
        problem = error instanceof Error ? error.message : String(error);
        return undefined;
      }
    },
    { timeoutMs: LOOK_TIMEOUT_MS, intervalMs: BETWEEN_LOOKS_MS, signal },
  );
  if (!seen) throw new TransientError(`waited ${LOOK_TIMEOUT_MS / 60_000} minutes until ${what}: ${problem}`);
  log.line(what);
}
