/** One command on one SSH channel. */
import type { Client, ClientChannel } from 'ssh2';
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

export interface ChannelRun {
  /** The command, for messages. */
  readonly what: string;
  readonly options: ExecOptions;
  /** Fires when the connection is gone. */
  readonly lost: AbortSignal;
  readonly client: Client;
}

/**
 * Feeds a command and reads it to its end.
 * @throws TransientError when the connection is lost or the time is up; the signal's reason when it is aborted
 */
export function runOnChannel(channel: ClientChannel, { what, options, lost, client }: ChannelRun): Promise<ExecResult> {
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
      endCommand(channel, client);
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
export function endCommand(channel: ClientChannel, client: Client): void {
  sendSignal(channel, client, 'TERM');
  const timer = setTimeout(() => {
    sendSignal(channel, client, 'KILL');
    channel.close();
  }, END_GRACE_MS);
  timer.unref();
  channel.on('close', () => clearTimeout(timer)).resume();
  channel.stderr.resume();
}

/** ssh2's own `channel.signal` sends nothing once the standard input has ended, which RFC 4254 (5.3, 6.9) does not ask for. */
function sendSignal(channel: ClientChannel, client: Client, name: 'TERM' | 'KILL'): void {
  const { outgoing } = channel as unknown as { outgoing: { id: number; state: string } };
  const { _protocol: protocol } = client as unknown as { _protocol: { signal(id: number, name: string): void } };
  try {
    if (outgoing.state !== 'closing' && outgoing.state !== 'closed') protocol.signal(outgoing.id, name);
  } catch {
    // The connection went first, and sshd ends its commands' standard streams.
  }
}
