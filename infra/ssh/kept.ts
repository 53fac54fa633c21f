/**
 * Connections kept open for a moment after their use, for whoever comes next.
 *
 * The steps of a run come one after the other, each to the same machines: to be let in costs a machine and us some 40 ms of processor
 * time each, and a step the time that it takes. A connection belongs to one user at a time.
 */
import type { SshTransport } from './connection.js';

/** A machine that has stopped is noticed after 6 s of silence: nobody shall be given its connection. */
const KEEP_MS = 3000;

interface Kept {
  readonly connection: SshTransport;
  readonly timer: NodeJS.Timeout;
}

export class KeptConnections {
  readonly #kept = new Map<string, readonly Kept[]>();

  /** @param keepMs milliseconds that one is kept. @default 3000 */
  constructor(readonly keepMs = KEEP_MS) {}

  /** Takes one that is still open. @param key names the machine and who is let in */
  take(key: string): SshTransport | undefined {
    const found = this.#kept.get(key)?.find(({ connection }) => !connection.closed);
    if (!found) return undefined;
    clearTimeout(found.timer);
    this.#forget(key, found);
    return found.connection;
  }

  /** Keeps one on which nothing runs any more; it is closed when nobody takes it in time. */
  give(key: string, connection: SshTransport): void {
    if (connection.closed) return;
    const timer = setTimeout(() => {
      this.#forget(key, kept);
      connection.close();
    }, this.keepMs).unref();
    const kept: Kept = { connection, timer };
    this.#kept.set(key, [...(this.#kept.get(key) ?? []), kept]);
  }

  /** Closes all that are kept: what a login may do has changed. */
  clear(): void {
    for (const { connection, timer } of [...this.#kept.values()].flat()) {
      clearTimeout(timer);
      connection.close();
    }
    this.#kept.clear();
  }

  #forget(key: string, gone: Kept): void {
    const rest = (this.#kept.get(key) ?? []).filter((one) => one !== gone);
    if (rest.length > 0) this.#kept.set(key, rest);
    else this.#kept.delete(key);
  }
}
