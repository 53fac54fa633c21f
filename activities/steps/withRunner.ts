/** Holds on to a runner: a connection that is lost is made again, for as long as it is likely that somebody will answer. */
import { CommandError, TransientError } from '../../infra/errors.js';
import type { StepLog } from '../../infra/logStore.js';
import type { Transport } from '../../infra/transport.js';
import type { Runner } from '../runner.js';

/** Milliseconds. */
export interface PatienceTimes {
  /** For how long a runner may be out of reach. A machine that boots again is back by then. @default 300000 */
  readonly unreachableMs: number;
  /** Between two looks. @default 2000 */
  readonly pauseMs: number;
}

export const PATIENCE: PatienceTimes = { unreachableMs: 5 * 60_000, pauseMs: 2000 };

/**
 * Does work that can be repeated, again and again while the runner is lost.
 * @throws TransientError when nobody has answered for `unreachableMs`; the signal's reason; what the work throws
 */
export async function withRunner<T>(
  open: (signal: AbortSignal) => Promise<Runner>,
  work: (transport: Transport, base: string) => Promise<T>,
  { signal, log, times = PATIENCE, onLost }: {
    readonly signal: AbortSignal; readonly log: Pick<StepLog, 'line'>; readonly times?: PatienceTimes;
    /** Called when the runner was lost, before it is opened again. */
    readonly onLost?: () => void;
  },
): Promise<T> {
  let lostSince: number | undefined;
  for (;;) {
    let runner: Runner | undefined;
    try {
      signal.throwIfAborted();
      runner = await open(signal);
      await answer(runner.transport, signal);
      lostSince = undefined;
      return await work(runner.transport, runner.base);
    } catch (error) {
      if (signal.aborted || !isLost(error)) throw error;
      onLost?.();
      lostSince ??= performance.now();
      if (performance.now() - lostSince >= times.unreachableMs) throw gaveUp(error, times.unreachableMs);
      log.line(`${error.message}; trying again`);
    } finally {
      runner?.release();
    }
    await pause(times.pauseMs, signal);
  }
}

/** Whether an error says that the runner is out of reach, and not that it did something and failed. */
function isLost(error: unknown): error is TransientError {
  return error instanceof TransientError && !(error instanceof CommandError);
}

async function answer(transport: Transport, signal: AbortSignal): Promise<void> {
  await transport.exec(['true'], { timeoutMs: 30_000, signal });
}

function gaveUp(cause: TransientError, ms: number): TransientError {
  const text = `${cause.message}\n  The runner has not answered for ${Math.round(ms / 1000)} s; whether the script still runs there is not known.`;
  return new TransientError(text, { cause });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
