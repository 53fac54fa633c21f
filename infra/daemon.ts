/** Background processes by name: started once, found again by any later command, stopped. */
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { PermanentError } from './errors.js';
import { withLock } from './lock.js';
import { stateDir } from './paths.js';
import { isAlive, parseStat, processId, type ProcessId } from './processId.js';
import { waitFor } from './wait.js';

export interface DaemonStatus {
  readonly pid: number;
  readonly startedAt: Date;
  /** What the starter said about it: its version, its settings. Never a secret. */
  readonly revision: string;
  readonly logFile: string;
}

export interface StartOptions {
  /** The process's whole environment. @default this process's */
  readonly env?: NodeJS.ProcessEnv;
  /** Standard output and error are appended; the older part goes to `<file>.1` above 10 MB. @default stateDir('logs', `${name}.log`) */
  readonly logFile?: string;
  /** @default `/` */
  readonly cwd?: string;
  /** Told back by `daemonStatus`. @default '' */
  readonly revision?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface StartResult {
  readonly pid: number;
  /** False when it was running already (then nothing of the options is applied). */
  readonly started: boolean;
}

interface Record extends Omit<DaemonStatus, 'pid' | 'startedAt'> {
  readonly id: ProcessId;
  /** ISO 8601. */
  readonly startedAt: string;
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * The process writes its own record, then becomes the command: there is no moment at which the command runs unrecorded,
 * whenever the starter dies. $1 is the record, $2 what the starter knows about it.
 */
const LAUNCHER = `record=$1 about=$2; shift 2
stat="$$"
if [ -r "/proc/$$/stat" ]; then read -r stat < "/proc/$$/stat"; fi
(umask 077 && printf '%s\\n%s\\n' "$stat" "$about" > "$record.new") && mv -f "$record.new" "$record" || exit 126
exec 3>&-
exec "$@"`;

/**
 * Starts the command in its own session, with nothing on standard input, unless the daemon of that name is running. Of several
 * starters at once, one starts it. It returns as soon as the command runs: whether it is ready is its owner's to know.
 * @param name lower-case letters, digits and dashes
 * @throws PermanentError when it cannot be started; TransientError when another process holds the name's lock for a minute
 */
export async function startDaemon(name: string, argv: readonly string[], options: StartOptions = {}): Promise<StartResult> {
  const record = recordPath(name);
  return withLock(`${record}.lock`, async () => {
    const running = readRecord(name);
    if (running) return { pid: running.id.pid, started: false };
    rmSync(record, { force: true });
    await launch(name, argv, options);
    const started = readRecord(name, { alsoDead: true });
    const logFile = options.logFile ?? daemonLog(name);
    if (!started) throw new PermanentError(`${name} could not be started`, `See its log, ${logFile}.`);
    return { pid: started.id.pid, started: true };
  }, { signal: options.signal });
}

/** The daemon, when it runs. A pid that now belongs to another process is not it. */
export function daemonStatus(name: string): DaemonStatus | undefined {
  const record = readRecord(name);
  return record && {
    pid: record.id.pid, startedAt: new Date(record.startedAt), revision: record.revision, logFile: record.logFile,
  };
}

/**
 * Asks the daemon to end (SIGTERM), then ends it (SIGKILL). A no-op when it does not run.
 * @param options.timeoutMs between the two signals. @default 15_000
 * @returns whether one was running
 * @throws PermanentError when it cannot be ended, as when it belongs to another user
 */
export async function stopDaemon(
  name: string, options: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  const timeoutMs = options.timeoutMs ?? 15_000;
  return withLock(`${recordPath(name)}.lock`, async () => {
    const id = readRecord(name)?.id;
    if (id) await end(name, id, timeoutMs, options.signal);
    rmSync(recordPath(name), { force: true });
    return id !== undefined;
  }, { timeoutMs: timeoutMs + 60_000, signal: options.signal });
}

/** Where the daemon's output goes unless its starter says otherwise. */
export function daemonLog(name: string): string {
  return stateDir('logs', `${name}.log`);
}

/** The last bytes of a log, for an error's message. Empty when there is none. */
export function logTail(logFile: string, bytes = 2000): string {
  if (!existsSync(logFile)) return '';
  const fd = openSync(logFile, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    const from = Math.max(0, statSync(logFile).size - bytes);
    return buffer.subarray(0, readSync(fd, buffer, 0, bytes, from)).toString('utf8').trim();
  } finally {
    closeSync(fd);
  }
}

async function launch(name: string, argv: readonly string[], options: StartOptions): Promise<void> {
  const logFile = options.logFile ?? daemonLog(name);
  const log = openLog(logFile);
  const about: Omit<Record, 'id'> = { startedAt: new Date().toISOString(), revision: options.revision ?? '', logFile };
  try {
    const child = spawn('/bin/sh', ['-c', LAUNCHER, 'sh', recordPath(name), JSON.stringify(about), ...argv], {
      detached: true, cwd: options.cwd ?? '/', env: options.env ?? process.env, stdio: ['ignore', log, log, 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      // The launcher closes its end when the record is written, or dies.
      (child.stdio[3] as Readable).on('error', () => undefined).on('close', () => resolve()).resume();
    });
    child.unref();
  } catch (error) {
    throw new PermanentError(`${name} could not be started: ${(error as Error).message}`, 'It needs /bin/sh and the right to start processes.');
  } finally {
    closeSync(log);
  }
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES) renameSync(path, `${path}.1`);
  const fd = openSync(path, 'a', 0o600);
  chmodSync(path, 0o600);
  return fd;
}

async function end(name: string, id: ProcessId, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
  const gone = (): true | undefined => (isAlive(id) ? undefined : true);
  send(name, id, 'SIGTERM');
  if (await waitFor(gone, { timeoutMs, intervalMs: 25, signal })) return;
  send(name, id, 'SIGKILL');
  if (await waitFor(gone, { timeoutMs: 10_000, intervalMs: 25, signal })) return;
  throw new PermanentError(`${name} (process ${id.pid}) does not end`, 'It waits in the kernel, on a disk perhaps: see `ps` and `dmesg`.');
}

function send(name: string, id: ProcessId, signal: NodeJS.Signals): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPERM') throw new PermanentError(`${name} (process ${id.pid}) belongs to another user`, 'Stop it as that user.');
    if (code !== 'ESRCH') throw error;
  }
}

function recordPath(name: string): string {
  if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is no daemon name`);
  return stateDir('daemons', name);
}

function readRecord(name: string, options: { readonly alsoDead?: boolean } = {}): Record | undefined {
  try {
    const [stat = '', about = ''] = readFileSync(recordPath(name), 'utf8').split('\n');
    const id = stat.includes(')') ? parseStat(stat) : processId(Number(stat));
    if (!id || !(options.alsoDead || isAlive(id))) return undefined;
    return { id, ...(JSON.parse(about) as Omit<Record, 'id'>) };
  } catch {
    return undefined;
  }
}
