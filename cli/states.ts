/** How a job or step stands, in a mark and a word. */
import type { Conclusion, Status } from '../language/record.js';

export type State = Conclusion | Exclude<Status, 'completed'>;

export const MARKS: Readonly<Record<State, string>> = { success: '✓', failure: '✗', cancelled: '⊘', skipped: '–', in_progress: '●', queued: '○', waiting: '‖' };
export const WORDS: Readonly<Record<State, string>> = { success: 'success', failure: 'failure', cancelled: 'cancelled', skipped: 'skipped', in_progress: 'in progress', queued: 'queued', waiting: 'waiting' };

/** Before `continue-on-error`: what happened, not what counts. */
export function stateOfThing({ status, outcome, result, conclusion }: {
  readonly status: Status; readonly outcome?: Conclusion; readonly result?: Conclusion; readonly conclusion?: Conclusion;
}): State {
  return status === 'completed' ? outcome ?? result ?? conclusion ?? 'success' : status;
}
