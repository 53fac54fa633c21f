/** Takes the secrets of runs that are over from this host, however they ended and whoever watched them. */
import type { RunId } from '../../language/ids.js';
import { deleteRunSecrets, forgetRunSecrets, runsWithSecrets, secretsSince } from './runSecrets.js';

/** How a run stands at the Temporal server. */
export type Standing =
  | { readonly kind: 'open' }
  /** `at`: milliseconds since the epoch. `final`: nobody can go on with it, or undo it. */
  | { readonly kind: 'closed'; readonly at: number; readonly final: boolean }
  /** There is no such run. */
  | { readonly kind: 'absent' };

/** A run is written down before it is started: one that is not there for so long will not come. */
const ABSENT_MS = 60 * 60_000;

/** @param standing may throw: the run is then asked for again the next time */
export async function forgetClosedRuns(standing: (run: RunId) => Promise<Standing>, now = Date.now()): Promise<void> {
  for (const run of runsWithSecrets()) {
    const since = secretsSince(run);
    const how = await standing(run).catch((): Standing => ({ kind: 'open' }));
    // Written after it was closed: its next attempt is about to start.
    const over = how.kind === 'closed' ? how.at > since : how.kind === 'absent' && now - since > ABSENT_MS;
    if (!over || secretsSince(run) !== since) continue;
    if (how.kind === 'closed' && !how.final) forgetRunSecrets(run);
    else deleteRunSecrets(run);
  }
}
