/**
 * Bounds how many children of a workflow are being started at once.
 *
 * What starts them is one workflow task, which has two seconds (ADR 0017): that of a matrix of 256 jobs took longer on a busy host, was given up and done
 * again, three times, until the server gave it more. The others follow as those have been started.
 */
import { CancellationScope, patched } from '@temporalio/workflow';

const MOST = 64;

export class Starts {
  #open = 0;
  readonly #waiting: (() => void)[] = [];

  /** Starts a child in its turn. @param start resolves when it has been started @throws CancelledFailure where the scope is cancelled before its turn */
  async inTurn<T>(start: () => Promise<T>): Promise<T> {
    if (this.#open >= MOST && patched('starts-in-turn')) await this.#turn();
    else this.#open += 1;
    try {
      return await start();
    } finally {
      this.#next();
    }
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#open -= 1;
  }

  async #turn(): Promise<void> {
    let given: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => { given = resolve; });
    this.#waiting.push(given);
    try {
      await Promise.race([turn, CancellationScope.current().cancelRequested]);
    } catch (error) {
      const at = this.#waiting.indexOf(given);
      if (at >= 0) this.#waiting.splice(at, 1);
      else this.#next(); // its turn came at the same time
      throw error;
    }
  }
}
