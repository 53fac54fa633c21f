/** A session with Temporal: the settings of the flags, our own server and worker when they are wanted, a client. */
import { Client, type Connection } from '@temporalio/client';
import { ensureDevServer, isOurServer } from '../infra/temporal/devServer.js';
import { dataConverter } from '../infra/temporal/payloads.js';
import { daemonStatus } from '../infra/daemon.js';
import { connectTemporal, TemporalUnreachableError } from '../infra/temporal/reach.js';
import { ensureSearchAttributes } from '../infra/temporal/searchAttributes.js';
import { type Environment, portOf, type TemporalSettings, temporalSettings } from '../infra/temporal/settings.js';
import { WORKER_DAEMON } from '../infra/temporal/worker.js';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.js';
import type { CommonFlags } from './flags.js';
import type { Trouble } from './progress/watcher.js';
import { runUrl } from './report.js';
import type { Terminal } from './terminal.js';
import { port } from './values/ports.js';
import { startWorker } from './worker.js';

export interface Session {
  readonly client: Client;
  readonly settings: TemporalSettings;
  /** The Temporal UI's page of a run; undefined where we know no UI. */
  url(run: string): string | undefined;
  /** What of ours has ended, by its process; undefined where all runs, or nothing is ours. */
  gone(): Trouble | undefined;
  /** Starts again what does not answer, where it is ours. */
  heal(trouble: Trouble): Promise<void>;
  close(): Promise<void>;
}

/** `server`: our own server is started when none is there. `worker`: the worker too. `nothing`: what is there is used. */
export type Needs = 'nothing' | 'server' | 'worker';

/** A person waits: shorter than the connection's own patience. */
export const CONNECT_MS = 3_500;
/** A server that runs answers well before; one that has just been started does not yet. */
const QUICK_MS = 2_000;

/** @param options.timeoutMs to connect @default 3500 @throws TemporalUnreachableError, InvalidInputError, PermanentError */
export async function openSession(flags: CommonFlags, terminal: Terminal, needs: Needs, options: { readonly timeoutMs?: number } = {}): Promise<Session> {
  const settings = settingsOf(flags);
  const converter = dataConverter();
  const onProgress = (line: string): void => terminal.note(line);
  const connection = await connect(settings, needs, { onProgress, timeoutMs: CONNECT_MS, ...options });
  if (needs === 'worker') {
    if (!settings.own) await ensureSearchAttributes(connection, settings.namespace, Object.values(SEARCH_ATTRIBUTES));
    await startWorker(settings, { onProgress });
  }
  // What somebody else started is used as it is, and not known by its process.
  let watched = oursOf(settings, needs);
  return {
    client: new Client({ connection, namespace: settings.namespace, dataConverter: converter }),
    settings,
    url: (run) => { const ui = uiUrl(settings); return ui === undefined ? undefined : runUrl(ui, settings.namespace, run); },
    gone: () => {
      const running = oursOf(settings, needs);
      return watched.find((which) => !running.includes(which));
    },
    heal: async (trouble) => {
      if (needs !== 'worker') return;
      if (settings.own && trouble === 'server') await startServer(settings);
      await startWorker(settings);
      watched = oursOf(settings, needs);
    },
    close: () => connection.close(),
  };
}

/** What runs here of what we start again when it ends, the server first. */
function oursOf(settings: TemporalSettings, needs: Needs): readonly Trouble[] {
  if (needs !== 'worker') return [];
  return [...(isOurServer(settings) ? ['server' as const] : []), ...(daemonStatus(WORKER_DAEMON) === undefined ? [] : ['worker' as const])];
}

interface ConnectOptions { readonly timeoutMs: number; readonly onProgress: (line: string) => void }

/** Our own server is asked at once where it runs; only one that does not answer is waited for, or started. */
async function connect(settings: TemporalSettings, needs: Needs, { timeoutMs, onProgress }: ConnectOptions): Promise<Connection> {
  if (needs === 'nothing' || !settings.own) return connectTemporal(settings, { timeoutMs });
  if (isOurServer(settings)) {
    const connection = await connectTemporal(settings, { timeoutMs: QUICK_MS }).catch(whenUnreachable);
    if (connection !== undefined) return connection;
  }
  await startServer(settings, onProgress);
  return connectTemporal(settings, { timeoutMs });
}

function whenUnreachable(error: unknown): undefined {
  if (!(error instanceof TemporalUnreachableError)) throw error;
}

async function startServer(settings: TemporalSettings, onProgress?: (line: string) => void): Promise<void> {
  await ensureDevServer({
    port: portOf(settings), uiPort: settings.uiPort, namespace: settings.namespace,
    searchAttributes: Object.values(SEARCH_ATTRIBUTES), onProgress,
  });
}

/** The settings that flags and environment give. @throws UsageError for a port that is none, InvalidInputError for a bad variable */
export function settingsOf(flags: CommonFlags, env: Environment = process.env): TemporalSettings {
  const ports = { FLEETWRIGHT_TEMPORAL_PORT: port('--temporal-port', flags.temporalPort), FLEETWRIGHT_UI_PORT: port('--ui-port', flags.uiPort) };
  const given = Object.fromEntries(Object.entries(ports).filter(([, value]) => value !== undefined));
  return temporalSettings({ address: flags.address, namespace: flags.namespace }, { ...env, ...given });
}

/** Where the Temporal UI is: our own server's, TEMPORAL_UI_URL, or Temporal Cloud's. */
export function uiUrl(settings: TemporalSettings, env: Environment = process.env): string | undefined {
  if (env['TEMPORAL_UI_URL']) return env['TEMPORAL_UI_URL'];
  if (settings.own) return `http://127.0.0.1:${settings.uiPort}`;
  return /\.tmprl\.cloud:\d+$|\.temporal\.io:\d+$/.test(settings.address) ? 'https://cloud.temporal.io' : undefined;
}
