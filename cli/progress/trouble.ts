/** What is done and said while the server or the worker does not answer. */
import type { Trouble } from './watcher.js';

/** For a person. */
export const TROUBLES: Readonly<Record<Trouble, string>> = {
  server: 'Temporal does not answer; reconnecting. The run goes on when it is back.',
  worker: 'the worker does not answer; waiting for it. The run goes on when it is back.',
};

/** What ends as soon as it has been started must not keep the host busy. */
const HEAL_EVERY_MS = 1_000;

/** Healing goes on beside the watching: a Ctrl-C must not wait for it. @param heal starts again what is ours @default nothing is started */
export function troubleHandler(show: (trouble: Trouble | undefined) => void, heal: ((trouble: Trouble) => Promise<void>) | undefined): (trouble: Trouble | undefined) => void {
  let healing = false;
  let healedAt = 0;
  return (trouble) => {
    show(trouble);
    if (trouble === undefined || heal === undefined || healing || Date.now() - healedAt < HEAL_EVERY_MS) return;
    healing = true;
    void heal(trouble)
      .catch(() => undefined) // it is tried again; what does not answer is on the screen already
      .finally(() => { healing = false; healedAt = Date.now(); });
  };
}
