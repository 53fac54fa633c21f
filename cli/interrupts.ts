/** Ctrl-C while a run is watched: the first asks, the second detaches. SIGTERM and SIGHUP detach at once. */
import type { Terminal } from './terminal.js';

export interface InterruptHandlers {
  /** Called before the question is on the screen, and after it is answered. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** The person wants the run cancelled and undone. */
  readonly cancel: () => Promise<void>;
}

export interface Interrupts {
  /** Aborts when the person (or the system) detaches. */
  readonly detached: AbortSignal;
  /** Takes the handlers away, and a question that is still open. */
  dispose(): void;
}

const QUESTION = '\n[d]etach, [c]ancel and undo, or any other key to keep watching? ';
const DETACHING = ['SIGTERM', 'SIGHUP'] as const;

/** What an answer to the question means. */
export function answerOf(text: string): 'detach' | 'cancel' | 'watch' {
  const letter = text.trim().toLowerCase()[0];
  return letter === 'd' ? 'detach' : letter === 'c' ? 'cancel' : 'watch';
}

/** Listens for interrupts until `dispose`. Without a terminal to ask on, SIGINT detaches. */
export function listenForInterrupts(terminal: Terminal, handlers: InterruptHandlers, source: NodeJS.EventEmitter = process): Interrupts {
  const detached = new AbortController();
  const closing = new AbortController();
  let asked = false;
  const detach = (): void => detached.abort();
  const ask = async (question: NonNullable<Terminal['ask']>): Promise<void> => {
    handlers.pause();
    try {
      const answer = answerOf(await question(QUESTION, AbortSignal.any([detached.signal, closing.signal])));
      if (answer === 'detach') detach();
      if (answer === 'cancel') await handlers.cancel();
    } catch (error) {
      if (!detached.signal.aborted && !closing.signal.aborted) terminal.note(`could not cancel: ${(error as Error).message}`);
    } finally {
      if (!detached.signal.aborted && !closing.signal.aborted) handlers.resume();
    }
  };
  const onInterrupt = (): void => {
    if (asked || terminal.ask === undefined) return detach();
    asked = true;
    void ask(terminal.ask);
  };
  source.on('SIGINT', onInterrupt);
  for (const name of DETACHING) source.on(name, detach);
  return {
    detached: detached.signal,
    dispose: () => {
      source.off('SIGINT', onInterrupt);
      for (const name of DETACHING) source.off(name, detach);
      closing.abort();
    },
  };
}
