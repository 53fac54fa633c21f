/** One call to the Docker engine: a deadline, the caller's signal, and errors of our types. */
import { PermanentError, TransientError } from '../errors.js';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** @default 60000 */
  readonly timeoutMs?: number;
}

/**
 * Runs one engine call. `what` completes "could not ..." in messages: `create the container x`.
 * @throws the signal's reason when it is aborted; PermanentError for what a person must mend; TransientError for the rest. The
 *   engine's own error is the `cause`, for `statusOf` and `engineSays`.
 */
export async function engineCall<T>(what: string, call: (abortSignal: AbortSignal) => Promise<T>, options: CallOptions = {}): Promise<T> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  options.signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await unlessAborted(call, options.signal ? AbortSignal.any([options.signal, deadline]) : deadline);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (deadline.aborted) throw new TransientError(`could not ${what}: the Docker engine did not answer in ${timeoutMs / 1000} s`, { cause: error });
    throw engineError(what, error);
  }
}

/** Ends with the signal also where the call does not heed it. */
async function unlessAborted<T>(call: (abortSignal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([call(signal), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * As `engineCall`, for what makes something: once it is asked for, the answer is waited for, also when the signal aborts meanwhile.
 * The engine goes on with what nobody waits for any more, and an undo that looks before it is done would not find it.
 */
export async function engineMake<T>(what: string, call: (abortSignal: AbortSignal) => Promise<T>, { signal, ...options }: CallOptions = {}): Promise<T> {
  signal?.throwIfAborted();
  return engineCall(what, call, options);
}

/** As `engineCall`, but undefined when the engine says that there is no such thing. */
export async function engineFind<T>(what: string, call: (abortSignal: AbortSignal) => Promise<T>, options: CallOptions = {}): Promise<T | undefined> {
  try {
    return await engineCall(what, call, options);
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** The HTTP status with which the engine refused, when it did. */
export function statusOf(error: unknown): number | undefined {
  const { statusCode } = causeOf(error) as { statusCode?: number };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** The engine's own words, in lower case; empty when it did not answer. */
export function engineSays(error: unknown): string {
  const { json } = causeOf(error) as { json?: { message?: string } };
  return (json?.message ?? '').toLowerCase();
}

function causeOf(error: unknown): object {
  const cause = error instanceof Error ? error.cause ?? error : error;
  return typeof cause === 'object' && cause !== null ? cause : {};
}

const DENIED_REMEDY = 'Let this user use the engine (sudo usermod -aG docker "$USER", then log in again), or run as root.';
const FULL_REMEDY = "Free disk space where the engine keeps its data (docker system df shows what takes it), then go on with `fleetwright resume`.";

function engineError(what: string, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const status = statusOf(error);
  const said = engineSays(error) || message;
  const text = `could not ${what}: ${said}`;
  const options = { cause: error };
  if (code === 'EACCES' || code === 'EPERM') return new PermanentError(text, DENIED_REMEDY, options);
  if (/no space left on device|disk quota exceeded/i.test(said)) return new PermanentError(text, FULL_REMEDY, options);
  if (status === 404 && /no such image/i.test(said)) return new PermanentError(text, 'Build it first: the build-images action does.', options);
  if (status !== undefined && status >= 400 && status < 500 && ![404, 408, 409, 429].includes(status)) {
    return new PermanentError(text, 'The engine refuses this; `fleetwright doctor` checks what it needs.', options);
  }
  return new TransientError(text, options);
}
