/** Waiting for something in the world that sends no event: a port, a file, another program's exit. */
import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds in all; checked after each look, so that there is at least one. */
  readonly timeoutMs: number;
  /** Milliseconds between two looks. @default 100 */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks until the look gives something other than undefined, or the time is over: then undefined.
 * @throws what the look throws; the signal's reason when it aborts
 */
export async function waitFor<T>(look: () => Promise<T | undefined> | T | undefined, options: WaitOptions): Promise<T | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const seen = await look();
    if (seen !== undefined) return seen;
    const left = deadline - performance.now();
    if (left <= 0) return undefined;
    await pause(Math.min(options.intervalMs ?? 100, left), options.signal);
  }
}

/** A pause that ends with the signal's reason. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
  signal?.throwIfAborted();
}
