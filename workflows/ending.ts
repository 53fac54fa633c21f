/** How one job is ended before its time: by its run's cancel, by a sibling that failed fast, or by a newer job of its group. */
import { CancellationScope } from '@temporalio/workflow';

export class Ending {
  readonly #scope = new CancellationScope({ cancellable: true });
  #requested = false;
  #reason: string | undefined;

  get requested(): boolean {
    return this.#requested;
  }

  /** For a person. @default a person wanted it */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Does the work so that `end` ends it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#scope.run(work);
  }

  /** The first one counts. */
  end(reason?: string): void {
    if (this.#requested) return;
    this.#requested = true;
    this.#reason = reason;
    this.#scope.cancel();
  }
}
