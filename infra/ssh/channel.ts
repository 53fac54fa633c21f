/** One command on one SSH channel. */
import type { ClientChannel } from 'ssh2';
import { TransientError } from '../errors.js';
import type { ExecOptions, ExecResult } from '../transport.js';

const KEPT_BYTES = 1024 * 1024;
/** After a cancelled command was asked to end, until its channel is closed over its head. */
const END_GRACE_MS = 2000;

/** Collects the last mebibyte of a stream. */
class Tail {
  #chunks: Buffer[] = [];
  #size = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size - this.#chunks[0]!.length >= KEPT_BYTES) this.#size -= this.#chunks.shift()!.length;
  }

  toString(): string {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - KEPT_BYTES)).toString('utf8');
  }
}

/**
 * Feeds a command and reads it to its end.
 * @param what the command, for messages
 * @param lost fires when the connection is gone
 * @throws TransientError when the connection is lost or the time is up; the signal's reason when it is aborted
 */
export function runOnChannel(channel: ClientChannel, what: string, options: ExecOptions, lost: AbortSignal): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const stdout = new Tail();
    const stderr = new Tail();
    let exit: { code: number | null } | undefined;
    let timer: NodeJS.Timeout | undefined;
    const settle = (act: () => void) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      lost.removeEventListener('abort', onLost);
      act();
    };
    const give = (error: unknown) => settle(() => {
      reject(error as Error);
      endCommand(channel);
    });
    const onAbort = () => give(options.signal?.reason);
    const onLost = () => settle(() => reject(lost.reason as Error));
    if (options.signal?.aborted) return give(options.signal.reason);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    lost.addEventListener('abort', onLost, { once: true });
    if (options.timeoutMs !== undefined) {
      timer = setTimeout(() => give(new TransientError(`${what} was not done after ${options.timeoutMs} ms`)), options.timeoutMs);
    }
    channel.on('data', (chunk: Buffer) => (options.onStdout ? options.onStdout(chunk) : stdout.add(chunk)));
    channel.stderr.on('data', (chunk: Buffer) => (options.onStderr ? options.onStderr(chunk) : stderr.add(chunk)));
    channel.on('exit', (code: number | null) => { exit = { code: typeof code === 'number' ? code : null }; });
    channel.on('error', (error: Error) => give(new TransientError(`${what}: ${error.message}`, { cause: error })));
    channel.on('close', () => settle(() => {
      if (exit) resolve({ exitCode: exit.code, stdout: stdout.toString(), stderr: stderr.toString() });
      else reject(lost.aborted ? (lost.reason as Error) : new TransientError(`${what} ended without saying how`));
    }));
    // A command that does not read its input to the end closes the channel under our hands: its exit code says what that means.
    channel.stdin?.on?.('error', () => undefined);
    channel.end(options.stdin);
  });
}

/** Asks the command to end, then closes its channel. OpenSSH gives the signal to the command's whole process group. */
function endCommand(channel: ClientChannel): void {
  try {
    channel.signal('TERM');
    const timer = setTimeout(() => {
      try {
        channel.signal('KILL');
        channel.close();
      } catch {
        // The connection went first.
      }
    }, END_GRACE_MS);
    timer.unref();
    channel.on('close', () => clearTimeout(timer)).resume();
    channel.stderr.resume();
  } catch {
    channel.destroy();
  }
}
