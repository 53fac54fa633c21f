/** A session over SSH whose ends are streams of this process: a shell for a person, or a command in a pipe. */
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { TransientError } from '../errors.js';

export interface Interaction {
  /** @default the user's login shell */
  readonly argv?: readonly string[];
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** The command gets a terminal (RFC 4254, 6.2) of this kind, with both outputs on `stdout`. @default none */
  readonly terminal?: InteractiveTerminal;
}

export interface InteractiveTerminal {
  /** TERM: `xterm-256color`. */
  readonly term: string;
  /** Characters. */
  size(): { readonly columns: number; readonly rows: number };
  /** Calls back when the size has changed. @returns what ends that */
  onResize(changed: () => void): () => void;
}

/** @throws TransientError when the connection is lost */
export function interactOnChannel(channel: ClientChannel, { stdin, stdout, stderr, terminal }: Interaction, lost: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    let exit: { readonly code: number | null; readonly signal?: string } | undefined;
    const stopSizing = terminal?.onResize(() => {
      const { columns, rows } = terminal.size();
      channel.setWindow(rows, columns, 0, 0);
    });
    const settle = (act: () => void): void => {
      stopSizing?.();
      lost.removeEventListener('abort', onLost);
      stdin.unpipe(channel);
      stdin.pause();
      act();
    };
    const onLost = (): void => settle(() => reject(lost.reason as Error));
    lost.addEventListener('abort', onLost, { once: true });
    channel.on('exit', (code: number | null, signal?: string) => { exit = { code, ...(signal ? { signal } : {}) }; });
    channel.on('error', () => undefined); // a command that reads no further closes the channel under our hands
    channel.on('close', () => settle(() => (exit === undefined ? reject(new TransientError('the session ended without saying how')) : resolve(codeOf(exit)))));
    channel.pipe(stdout, { end: false });
    channel.stderr.pipe(stderr, { end: false });
    stdin.pipe(channel);
  });
}

function codeOf({ code, signal }: { readonly code: number | null; readonly signal?: string }): number {
  if (code !== null) return code;
  return 128 + (constants.signals[`SIG${signal?.replace(/^SIG/, '')}` as NodeJS.Signals] ?? 0);
}
