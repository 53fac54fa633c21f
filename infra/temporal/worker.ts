/** The worker in the background: started, replaced when our code or its settings changed, waited for until it polls. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { daemonLog, daemonStatus, logTail, startDaemon, stopDaemon } from '../daemon.js';
import { PermanentError } from '../errors.js';
import { withLock } from '../lock.js';
import { packagePath, stateDir } from '../paths.js';
import { syncsRecords } from '../sync.js';
import { isAlive, processId, type ProcessId } from '../processId.js';
import { waitFor } from '../wait.js';
import { codecFingerprint } from './codec/keys.js';
import { settingsEnvironment, settingsFingerprint } from './connection.js';
import type { Progress } from './acquire.js';
import type { TemporalSettings } from './settings.js';

export interface EnsureWorkerOptions {
  readonly settings: TemporalSettings;
  /** The rest of the worker's environment. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Where it looks for workflow files, beside its own. A worker that runs stays where it is. @default process.cwd() */
  readonly cwd?: string;
  /** The worker's whole command, instead of ours. For tests. */
  readonly command?: readonly string[];
  /** Milliseconds that a worker of another version has to hand back its work before it is ended; its steps are then tried again. @default 30_000 */
  readonly stopTimeoutMs?: number;
  /** Milliseconds from a worker's start until it must poll. @default 300_000 */
  readonly readyTimeoutMs?: number;
  /** Milliseconds between two lines that say that it does not poll yet. @default 30_000 */
  readonly tellEveryMs?: number;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const WORKER_DAEMON = 'worker';

const READY_FILE = 'FLEETWRIGHT_READY_FILE';
/** From start to polling: 1.3-2.6 s with the bundle, 6-10 s from sources, minutes on a host that is busy or slow. */
const READY_TIMEOUT_MS = 5 * 60_000;
const TELL_EVERY_MS = 30_000;
/** Longer than another process may take to stop a worker and to start one. */
const LOCK_TIMEOUT_MS = 7 * 60_000;
const SOURCES = ['worker.ts', 'language', 'workflows', 'activities', 'infra'] as const;

/**
 * Sees to it that a worker of this code, connected by these settings, polls. Safe to call from two processes at once.
 * @throws PermanentError with the log's end, when the worker ends or does not poll in time
 */
export async function ensureWorker(options: EnsureWorkerOptions): Promise<{ readonly pid: number; readonly started: boolean }> {
  return withLock(stateDir('daemons', `${WORKER_DAEMON}.up.lock`), async () => {
    const code = options.command ? options.command.join(' ') : workerCode();
    const revision = [code, settingsFingerprint(options.settings, salt()), codecFingerprint(options.env), syncsRecords(options.env) ? 'synced' : ''].filter(Boolean).join('/');
    const running = daemonStatus(WORKER_DAEMON);
    if (running && running.revision !== revision) {
      options.onProgress?.('replacing the worker: the code or the connection has changed');
      await stopDaemon(WORKER_DAEMON, { timeoutMs: options.stopTimeoutMs ?? 30_000, signal: options.signal });
    }
    for (;;) {
      const result = await startWorker(revision, options);
      try {
        await waitUntilReady(options);
        return result;
      } catch (error) {
        // One that ran already may have been on its way out as it was found.
        if (result.started || daemonStatus(WORKER_DAEMON)) throw error;
      }
    }
  }, {
    timeoutMs: LOCK_TIMEOUT_MS, signal: options.signal,
    onWait: (pid) => options.onProgress?.(`waiting for process ${pid}, which is starting the worker`),
  });
}

/** Says that this process polls. Called by the worker; a no-op in one that `ensureWorker` did not start. */
export function announceReady(): void {
  const file = process.env[READY_FILE];
  if (!file) return;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(processId(process.pid)), { mode: 0o600 });
  renameSync(draft, file);
}

/** Whether the daemon runs and has said that it polls. */
export function workerIsReady(): boolean {
  const pid = daemonStatus(WORKER_DAEMON)?.pid;
  try {
    const ready = JSON.parse(readFileSync(readyFile(), 'utf8')) as ProcessId;
    return ready.pid === pid && isAlive(ready);
  } catch {
    return false;
  }
}

/** The package's version and its code's stamp. */
function workerCode(): string {
  const { version } = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string };
  return `${version}+${codeStamp(runsFromSources() ? SOURCES.map((name) => packagePath(name)) : [packagePath('dist')])}`;
}

/** One word for the times and sizes of all .js and .ts files there: another one after a build, an update or an edit. */
export function codeStamp(paths: readonly string[]): string {
  return createHash('sha256').update(paths.flatMap(fileTimes).join('\n')).digest('hex').slice(0, 16);
}

function startWorker(revision: string, options: EnsureWorkerOptions): ReturnType<typeof startDaemon> {
  if (!daemonStatus(WORKER_DAEMON)) rmSync(readyFile(), { force: true });
  return startDaemon(WORKER_DAEMON, options.command ?? workerCommand(), {
    env: { ...settingsEnvironment(options.settings, options.env), [READY_FILE]: readyFile() },
    cwd: options.cwd ?? process.cwd(), revision, signal: options.signal,
  });
}

function workerCommand(): readonly string[] {
  return runsFromSources()
    ? [process.execPath, '--import', pathToFileURL(createRequire(packagePath('package.json')).resolve('tsx')).href, packagePath('worker.ts')]
    : [process.execPath, '--enable-source-maps', packagePath('dist', 'worker.js')];
}

function runsFromSources(): boolean {
  return process.env['FLEETWRIGHT_SOURCES'] === '1' || !existsSync(packagePath('dist', 'worker.js'));
}

async function waitUntilReady({ readyTimeoutMs = READY_TIMEOUT_MS, tellEveryMs = TELL_EVERY_MS, onProgress, signal }: EnsureWorkerOptions): Promise<void> {
  const start = performance.now();
  let told = 0;
  const ready = await waitFor(() => {
    if (workerIsReady()) return true;
    if (!daemonStatus(WORKER_DAEMON)) throw notReady('it ended');
    const elapsed = performance.now() - start;
    if (elapsed >= (told + 1) * tellEveryMs) {
      told = Math.floor(elapsed / tellEveryMs);
      onProgress?.(`the worker runs and does not poll yet, after ${Math.round(elapsed / 1000)} s; it may take up to ${readyTimeoutMs / 1000} s`);
    }
    return undefined;
  }, { timeoutMs: readyTimeoutMs, intervalMs: 50, signal });
  if (!ready) throw notReady(`it does not poll after ${readyTimeoutMs / 1000} s`);
}

function notReady(why: string): PermanentError {
  const log = daemonLog(WORKER_DAEMON);
  return new PermanentError(`the worker did not start: ${why}\n${logTail(log)}`, `See its log, ${log}.`);
}

function readyFile(): string {
  return stateDir('daemons', `${WORKER_DAEMON}.ready`);
}

/** Kept for this user, so that fingerprints can be compared between commands. */
function salt(): string {
  const file = stateDir('daemons', 'salt');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(16).toString('hex'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8');
}

function fileTimes(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isDirectory()) return readdirSync(path).sort().flatMap((name) => fileTimes(join(path, name)));
  return /\.(js|ts)$/.test(path) ? [`${path} ${stat.size} ${stat.mtimeMs}`] : [];
}
