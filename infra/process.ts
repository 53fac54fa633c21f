/** The transport to the local host: commands are child processes, files are written here. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CommandError, InvalidInputError, PermanentError, TransientError, shellWord } from './errors.js';
import { ByteTail } from './byteTail.js';
import type { ExecOptions, ExecResult, Transport } from './transport.js';

const KEPT_BYTES = 1024 * 1024;
/** After a command was asked to end, until it is killed. */
const END_GRACE_MS = 2000;
/** What a shell answers when a program is not there, or may not be run (POSIX sh, 2.8.2). */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/**
 * The local host as a transport. A command gets this process's environment and a process group of its own; like over SSH, it has
 * ended when nobody holds its output open any more, and a program that is not there is exit code 127.
 */
export function localTransport(): Transport {
  return {
    exec,
    connectUnix: (path) => open({ path }, path),
    connectTcp: (host, port) => open({ host, port }, `${host}:${port}`),
    writeFile,
    close: () => undefined,
  };
}

async function exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const [command, ...args] = argv;
  if (!command || argv.some((word) => word.includes('\0'))) {
    throw new InvalidInputError('an empty command, or an argument with a NUL character', 'No program can be given one: take it out.');
  }
  options.signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const [stdout, stderr] = [new ByteTail(KEPT_BYTES), new ByteTail(KEPT_BYTES)];
    let timer: NodeJS.Timeout | undefined;
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      act();
    };
    const giveUp = (error: unknown): void => settle(() => {
      end(child);
      reject(error as Error);
    });
    const onAbort = (): void => giveUp(options.signal?.reason);
    const reader = (take: (chunk: Buffer) => void) => (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        giveUp(error);
      }
    };
    child.once('error', (error) => settle(() => notStarted(command, error, resolve, reject)));
    child.once('close', (exitCode) => settle(() => resolve({ exitCode, stdout: stdout.toString(), stderr: stderr.toString() })));
    child.stdout.on('data', reader(options.onStdout ?? ((chunk) => stdout.add(chunk))));
    child.stderr.on('data', reader(options.onStderr ?? ((chunk) => stderr.add(chunk))));
    // A command that does not read its input to the end: its exit code says what that means.
    child.stdin.on('error', () => undefined).end(options.stdin);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.timeoutMs !== undefined) {
      timer = setTimeout(() => giveUp(new TransientError(`${shellWord(command)} was not done after ${options.timeoutMs} ms`)), options.timeoutMs);
    }
  });
}

function notStarted(command: string, error: NodeJS.ErrnoException, resolve: (result: ExecResult) => void, reject: (error: Error) => void): void {
  if (error.code === 'ENOENT') return resolve({ exitCode: NOT_FOUND, stdout: '', stderr: `${command}: not found\n` });
  if (error.code === 'EACCES') return resolve({ exitCode: NOT_EXECUTABLE, stdout: '', stderr: `${command}: permission denied\n` });
  if (error.code === 'E2BIG') {
    return reject(new PermanentError(`${command} could not be started: its arguments are too long`, 'Give large input through a file.', { cause: error }));
  }
  reject(new TransientError(`${command} could not be started: ${error.message}`, { cause: error }));
}

/** Ends the command with all of its process group; what it still says is not heard any more. */
function end(child: ChildProcess): void {
  child.stdout?.removeAllListeners('data').resume();
  child.stderr?.removeAllListeners('data').resume();
  const send = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It went first.
    }
  };
  send('SIGTERM');
  const timer = setTimeout(() => send('SIGKILL'), END_GRACE_MS);
  timer.unref();
  child.once('close', () => clearTimeout(timer));
}

function open(where: NetConnectOpts, name: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(where, () => {
      socket.off('error', onError);
      resolve(socket);
    });
    const onError = (error: Error): void => reject(new TransientError(`${name}: ${error.message}`, { cause: error }));
    socket.once('error', onError);
  });
}

/** `$1` path, `$2` mode. */
const WRITE_AS_ROOT = `set -e; umask 077; t=$(mktemp -- "$1.XXXXXXXX"); trap 'rm -f -- "$t"' EXIT; cat >"$t"; chmod -- "$2" "$t"; mv -f -- "$t" "$1"`;

async function writeFile(path: string, content: string | Buffer, options: { readonly mode: number; readonly sudo?: boolean }): Promise<void> {
  if (options.sudo && process.getuid?.() !== 0) return writeAsRoot(path, content, options.mode);
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, content, { flag: 'wx', mode: options.mode });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new PermanentError(`${path} cannot be written: ${(error as Error).message}`, 'Make room on its disk, or give the right to write there.', { cause: error });
  }
}

async function writeAsRoot(path: string, content: string | Buffer, mode: number): Promise<void> {
  const argv = ['sudo', '-n', 'sh', '-c', WRITE_AS_ROOT, 'write-file', path, mode.toString(8).padStart(4, '0')];
  const { exitCode, stderr } = await exec(argv, { stdin: content, timeoutMs: 60_000 });
  if (exitCode !== 0) throw new CommandError(['write', path], exitCode, stderr);
}
