/**
 * The cancel of a run, or of a workflow that it calls. Its jobs are not ended by it without being asked: one whose `if` holds under
 * `cancelled()` goes on.
 */
import { CancellationScope } from '@temporalio/workflow';

export class RunCancel {
  #requested = false;
  #reason: string | undefined;
  readonly #listeners = new Set<() => void>();

  /** Make it in the workflow's main function, outside any scope. */
  constructor() {
    CancellationScope.current().cancelRequested.catch(() => this.#request());
  }

  requested(): boolean {
    return this.#requested;
  }

  /** Why, for a person. @default a person wanted it */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** The cancel that comes is not a person's. */
  explain(reason: string): void {
    this.#reason ??= reason;
  }

  /** @returns what ends the listening */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #request(): void {
    this.#requested = true;
    for (const listener of this.#listeners) listener();
  }
}
