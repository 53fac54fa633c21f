/** A Temporal server of our own on this host: found, or started in the background on a file database. Loopback only. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkDiskSpace } from '../docker/disk.js';
import { daemonLog, daemonStatus, logTail, startDaemon } from '../daemon.js';
import { PermanentError } from '../errors.js';
import { withLock } from '../lock.js';
import { stateDir } from '../paths.js';
import { syncsRecords } from '../sync.js';
import { waitFor } from '../wait.js';
import type { Progress } from './acquire.js';
import { codecPort, isCodecServerWanted } from './codec/settings.js';
import { accepts, connectTemporal, TemporalUnreachableError, whatListens } from './reach.js';
import { ensureSearchAttributes } from './searchAttributes.js';
import { DEFAULT_NAMESPACE, DEFAULT_PORT, DEFAULT_UI_PORT, portOf, type TemporalSettings } from './settings.js';

export interface DevServerOptions {
  /** @default 7233 */
  readonly port?: number;
  /** @default 8233 */
  readonly uiPort?: number;
  /** Made when it is missing. @default `default` */
  readonly namespace?: string;
  /** Names of the Keyword search attributes that runs use. */
  readonly searchAttributes: readonly string[];
  /** One line, for a person: what takes long. */
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DevServer {
  /** `127.0.0.1:7233` */
  readonly address: string;
  /** `http://127.0.0.1:8233`. Of a server that we did not start it is where its UI would be. */
  readonly uiUrl: string;
  /** False when something was there already. */
  readonly started: boolean;
}

export const SERVER_DAEMON = 'temporal';

/**
 * What `start-dev` needs not to throttle itself: with its own values it dispatches about 20 tasks a second, 100 ms a sequential
 * step instead of 10-20.
 *
 * A child's start waits for its parent to be free: with its own 500 ms the server gives up where many children start and end, and tries again
 * seconds later (jobs of a matrix of 100 then start in bursts, up to 3 s apart). In seconds.
 *
 * A run that the UI or `temporal workflow start` starts says nothing of its workflow tasks' timeout: those of a killed worker would wait for ten seconds.
 */
export const DYNAMIC_CONFIG: Readonly<Record<string, string>> = {
  'history.transferProcessorMaxPollRPS': '100000',
  'history.timerProcessorMaxPollRPS': '100000',
  'system.enableActivityEagerExecution': 'true',
  'history.cacheNonUserContextLockTimeout': '10',
  'history.defaultWorkflowTaskTimeout': '2',
};

/**
 * A write-ahead log that the disk is not waited for: a sequential step costs 17 ms instead of 116 with SQLite's own values (31 with
 * `synchronous=full`), measured on one disk. Nothing is lost when a process is killed. A power cut may undo the last moments,
 * never half of a transaction; what then is done again is probed first. Who wants those too sets FLEETWRIGHT_SYNC.
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 */
export function sqlitePragmas(): readonly string[] {
  return ['journal_mode=wal', `synchronous=${syncsRecords() ? 'full' : 'normal'}`];
}

/** What the database, its log and the logs of some runs take, with room to spare. */
const DATABASE_BYTES = 64 * 1024 ** 2;

/** From its start to its first answer: 1 s on an idle machine. */
const START_TIMEOUT_MS = 60_000;

/**
 * A server that answers at the port is used as it is; otherwise one is started. Safe to call from two processes at once: one
 * server is started. The search attributes are there when it returns.
 * @throws PermanentError when another program has a port, when Temporal cannot be had, or when the server does not start (with its log's end)
 */
export async function ensureDevServer(options: DevServerOptions): Promise<DevServer> {
  const { signal } = options;
  const settings = ownSettings(options);
  const found = { address: settings.address, uiUrl: `http://127.0.0.1:${settings.uiPort}` };
  const started = await withLock(stateDir('daemons', `${SERVER_DAEMON}.up.lock`), () => ensureRunning(settings, options), {
    timeoutMs: 45 * 60_000, signal,
    onWait: (pid) => options.onProgress?.(`waiting for process ${pid}, which is starting the Temporal server`),
  });
  const connection = await connectTemporal(settings, { timeoutMs: 10_000, signal });
  try {
    await ensureSearchAttributes(connection, settings.namespace, options.searchAttributes, { signal });
  } finally {
    await connection.close();
  }
  return { ...found, started };
}

/** Whether the server at this address is one that we have started and that has not ended: it may be asked at once. */
export function isOurServer(settings: TemporalSettings): boolean {
  return settings.own && daemonStatus(SERVER_DAEMON)?.revision === settings.address;
}

/** The arguments of `temporal`. Pure. */
export function serverArguments(settings: TemporalSettings, searchAttributes: readonly string[], database: string): readonly string[] {
  return [
    'server', 'start-dev', '--db-filename', database, '--ip', '127.0.0.1', '--port', String(portOf(settings)),
    '--ui-ip', '127.0.0.1', '--ui-port', String(settings.uiPort), '--namespace', settings.namespace,
    ...(isCodecServerWanted() ? ['--ui-codec-endpoint', `http://127.0.0.1:${codecPort()}`] : []),
    '--log-level', 'warn', '--log-format', 'json',
    ...sqlitePragmas().flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
  ];
}

function ownSettings(options: DevServerOptions): TemporalSettings {
  return {
    address: `127.0.0.1:${options.port ?? DEFAULT_PORT}`, namespace: options.namespace ?? DEFAULT_NAMESPACE, own: true,
    uiPort: options.uiPort ?? DEFAULT_UI_PORT, metadata: {},
  };
}

/** `ours`: our server runs there. `temporal`: another Temporal server answers there. `free`: ours can be started. */
type ServerPlace = 'ours' | 'temporal' | 'free';

/**
 * Sees that our server runs or can be started; starts nothing.
 * @throws PermanentError when another program has a port, when our server runs at another one, or when the disk is full
 */
export async function requireServerPlace(settings: TemporalSettings, signal?: AbortSignal): Promise<ServerPlace> {
  const running = daemonStatus(SERVER_DAEMON);
  if (running && running.revision !== settings.address) {
    throw new PermanentError(`Fleetwright's Temporal server already runs at ${running.revision}, not at ${settings.address}`,
      'Use that one (FLEETWRIGHT_TEMPORAL_PORT), or end it with `fleetwright stop`.');
  }
  if (running) return 'ours';
  const listening = await whatListens(settings, signal);
  if (listening === 'other') throw portTaken(settings.address, 'FLEETWRIGHT_TEMPORAL_PORT');
  if (listening === 'temporal') return 'temporal';
  if (await accepts(settings.uiPort)) throw portTaken(`127.0.0.1:${settings.uiPort}`, 'FLEETWRIGHT_UI_PORT');
  await checkDiskSpace(stateDir(), DATABASE_BYTES, 'Free some space there, or set XDG_STATE_HOME to a folder on another disk.');
  return 'free';
}

async function ensureRunning(settings: TemporalSettings, options: DevServerOptions): Promise<boolean> {
  const place = await requireServerPlace(settings, options.signal);
  if (place === 'free') await start(settings, options);
  if (place !== 'ours') return place === 'free';
  try {
    await waitUntilReady(settings, options);
    return false;
  } catch (error) {
    if (daemonStatus(SERVER_DAEMON)) throw error;
  }
  // It was on its way out as it was found.
  return ensureRunning(settings, options);
}

async function start(settings: TemporalSettings, options: DevServerOptions): Promise<void> {
  const { acquireTemporal } = await import('./acquire.js'); // not loaded where the server runs
  const executable = await acquireTemporal({ onProgress: options.onProgress, signal: options.signal });
  const database = stateDir('temporal', 'temporal.db');
  mkdirSync(dirname(database), { recursive: true, mode: 0o700 });
  options.onProgress?.(`starting the Temporal server at ${settings.address}`);
  await startDaemon(SERVER_DAEMON, [executable, ...serverArguments(settings, options.searchAttributes, database)], {
    revision: settings.address, signal: options.signal, env: serverEnvironment(),
  });
  await waitUntilReady(settings, options);
}

/** Its own: a user's TEMPORAL_ variables are about another server. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

async function waitUntilReady(settings: TemporalSettings, options: DevServerOptions): Promise<void> {
  const ready = await waitFor(async () => {
    if (!daemonStatus(SERVER_DAEMON)) throw notStarted('it ended');
    return (await accepts(portOf(settings))) && (await answers(settings, options.signal)) ? true : undefined;
  }, { timeoutMs: START_TIMEOUT_MS, intervalMs: 50, signal: options.signal });
  if (!ready) throw notStarted(`it does not answer after ${START_TIMEOUT_MS / 1000} s`);
}

/** False while it does not answer yet; what it refuses (a namespace that it does not have) is thrown. */
async function answers(settings: TemporalSettings, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await (await connectTemporal(settings, { timeoutMs: 2000, signal })).close();
    return true;
  } catch (error) {
    if (error instanceof TemporalUnreachableError) return false;
    throw error;
  }
}

function notStarted(why: string): PermanentError {
  const log = daemonLog(SERVER_DAEMON);
  return new PermanentError(`the Temporal server did not start: ${why}\n${logTail(log)}`, `See its log, ${log}.`);
}

function portTaken(address: string, variable: string): PermanentError {
  return new PermanentError(`another program listens at ${address}`,
    `End it, or set ${variable} to a free port. To see it: ss -ltnp 'sport = :${address.split(':')[1]}'`);
}
