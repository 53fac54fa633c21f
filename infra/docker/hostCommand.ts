/** Commands on this host that set up the engine or fetch a base system: package manager, systemctl, dockerd. */
import { spawn, type ChildProcess } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CommandError, PermanentError, TransientError } from '../errors.js';
import { lines } from './client.js';

export interface HostCommandOptions {
  readonly signal?: AbortSignal | undefined;
  /** @default 300_000 */
  readonly timeoutMs?: number;
  /** Variables on top of this process's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Each line of standard output and error. */
  readonly onLine?: ((line: string) => void) | undefined;
}

const TAIL_LINES = 40;

/**
 * Runs an argument list to its end.
 * @returns its standard output
 * @throws CommandError with the last lines of its output; TransientError when it takes too long; PermanentError when it is missing
 */
export async function runOnHost(argv: readonly string[], options: HostCommandOptions = {}): Promise<string> {
  const stdout: string[] = [];
  const { child, done } = startOnHost(argv, options);
  const read = (async () => {
    for await (const line of lines(child.stdout as NodeJS.ReadableStream)) {
      stdout.push(line);
      options.onLine?.(line);
    }
  })();
  await Promise.all([done, read]);
  return stdout.join('\n');
}

/** A command whose standard output the caller reads as a stream. */
export interface HostCommand {
  readonly child: ChildProcess;
  /** Settles when it has ended. Rejects as `runOnHost` does. */
  readonly done: Promise<void>;
}

export function startOnHost(argv: readonly string[], options: HostCommandOptions = {}): HostCommand {
  const [command = '', ...args] = argv;
  const timeoutMs = options.timeoutMs ?? 300_000;
  const deadline = AbortSignal.timeout(timeoutMs);
  const child = spawn(command, args, {
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...options.env },
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
  });
  // A command that ends without reading is judged by its exit code.
  child.stdin?.on('error', () => undefined).end(options.stdin);
  const tail: string[] = [];
  const readErrors = (async () => {
    for await (const line of lines(child.stderr as NodeJS.ReadableStream)) {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      options.onLine?.(line);
    }
  })();
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (options.signal?.aborted) reject(options.signal.reason as Error);
      else if (error.code === 'ENOENT') reject(new PermanentError(`there is no ${command} on this host`, `Install ${command}.`));
      else reject(deadline.aborted ? new TransientError(`${command} did not end in ${Math.round(timeoutMs / 1000)} s`) : error);
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else readErrors.finally(() => reject(new CommandError(argv, code, tail.join('\n'))));
    });
  });
  return { child, done: Promise.all([ended, readErrors]).then(() => undefined) };
}

/** The program's path, or undefined when it is in no folder of PATH, nor in those where system programs are. */
export async function findProgram(name: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    if (folder && await access(path, constants.X_OK).then(() => true, () => false)) return path;
  }
  return undefined;
}

/**
 * The argument list with which this user runs the command as root: as it is, or through sudo without a password.
 * @param keepEnv names of variables that sudo must hand on
 * @throws PermanentError when this user may do neither; `purpose` completes "root is needed to ..."
 */
export async function asRoot(argv: readonly string[], purpose: string, keepEnv: readonly string[] = []): Promise<readonly string[]> {
  if (process.getuid?.() === 0) return argv;
  const allowed = await runOnHost(['sudo', '-n', 'true'], { timeoutMs: 10_000 }).then(() => true, () => false);
  if (allowed) return ['sudo', '-n', ...(keepEnv.length > 0 ? [`--preserve-env=${keepEnv.join(',')}`] : []), '--', ...argv];
  throw new PermanentError(`root is needed to ${purpose}, and this user may not become root without a password`, 'Run it once as root, or do that step yourself and try again.');
}
