/** A transport carries a command or a stream to a host: SSH (`infra/ssh/`), or a local process (`infra/process.ts`). */
import type { Duplex } from 'node:stream';

export interface ExecOptions {
  /** Written to the command's standard input, which is then closed. @default nothing */
  readonly stdin?: string | Buffer;
  /** Called with each chunk of standard output; when absent, output is collected (at most 1 MiB of its tail). */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** Ends the command (and over SSH its channel). */
  readonly signal?: AbortSignal;
  /** Milliseconds after which it fails with TransientError. @default none */
  readonly timeoutMs?: number;
}

export interface ExecResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Transport {
  /** Runs an argument list, never a string with input inside. Does not throw on a non-zero exit code. @throws TransientError when the host cannot be reached */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** A stream to a Unix socket on the host. */
  connectUnix(path: string): Promise<Duplex>;
  /** A stream to a TCP port as seen from the host. */
  connectTcp(host: string, port: number): Promise<Duplex>;
  /** Writes a file whole (temporary name, then rename), as the given owner's root when `sudo`. */
  writeFile(path: string, content: string | Buffer, options: { readonly mode: number; readonly sudo?: boolean }): Promise<void>;
  close(): void;
}
