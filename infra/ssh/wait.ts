import { setTimeout as delay } from 'node:timers/promises';
import { TransientError } from '../errors.js';
import { connectSsh, type SshOptions, type SshTransport } from './connection.js';
import { AuthenticationError } from './errors.js';

export interface WaitForSshOptions extends SshOptions {
  /** Milliseconds in all. */
  readonly timeoutMs: number;
  /** For how long a refused user or key counts as "still booting". @default 30000 */
  readonly authGraceMs?: number;
  /** Called after each failed look, for heartbeats and progress. */
  readonly onAttempt?: (error: Error) => void;
}

/** Between two looks: short, because a look at a machine that is not up yet costs next to nothing. */
const LOOK_INTERVAL_MS = 200;
/** One look; a machine under load needs seconds for a key exchange. */
const LOOK_TIMEOUT_MS = 8000;

/**
 * Connects as soon as the server lets us in.
 * @throws TransientError after `timeoutMs`; AuthenticationError after `authGraceMs`; HostKeyError at once
 */
export async function waitForSsh(options: WaitForSshOptions): Promise<SshTransport> {
  const start = performance.now();
  const elapsedMs = () => performance.now() - start;
  for (;;) {
    try {
      const leftMs = Math.max(1, options.timeoutMs - elapsedMs());
      return await connectSsh({ ...options, readyTimeoutMs: Math.min(options.readyTimeoutMs ?? LOOK_TIMEOUT_MS, leftMs) });
    } catch (error) {
      options.signal?.throwIfAborted();
      const booting = error instanceof AuthenticationError && elapsedMs() < (options.authGraceMs ?? 30_000);
      if (!booting && !(error instanceof TransientError)) throw error;
      if (elapsedMs() >= options.timeoutMs) throw error;
      options.onAttempt?.(error);
    }
    await delay(LOOK_INTERVAL_MS, undefined, options.signal ? { signal: options.signal } : {});
  }
}
