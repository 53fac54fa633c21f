/** A Temporal server and a worker for one run alone: on ports and in a folder that nobody else has, and gone when it is over. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopDaemon } from '../infra/daemon.js';
import { SERVER_DAEMON } from '../infra/temporal/devServer.js';
import { WORKER_DAEMON } from '../infra/temporal/worker.js';
import type { CommonFlags } from './flags.js';
import type { Terminal } from './terminal.js';

/** What the person's interrupts ask for: first that the run is cancelled, then that all ends at once. */
export interface EphemeralPlace {
  readonly flags: CommonFlags;
  readonly cancel: AbortSignal;
  readonly stop: AbortSignal;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const STOP_MS = 10_000;

/** Does the work with a state folder and ports of its own in the environment of this process; whatever happens, nothing stays. */
export async function withEphemeral<T>(terminal: Terminal, work: (place: EphemeralPlace) => Promise<T>): Promise<T> {
  const [cancel, stop] = [new AbortController(), new AbortController()];
  const interrupted = (): void => {
    if (cancel.signal.aborted) return stop.abort();
    terminal.note('the run is cancelled; again to end it at once');
    cancel.abort();
  };
  for (const signal of SIGNALS) process.on(signal, interrupted);
  const folder = await mkdtemp(join(tmpdir(), 'fleetwright-ephemeral-'));
  const before = { ...process.env };
  try {
    const [temporalPort, uiPort] = (await freePorts(2)).map(String) as [string, string];
    for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
    Object.assign(process.env, { XDG_STATE_HOME: folder, FLEETWRIGHT_TEMPORAL_PORT: temporalPort, FLEETWRIGHT_UI_PORT: uiPort });
    return await work({ flags: { temporalPort, uiPort }, cancel: cancel.signal, stop: stop.signal });
  } finally {
    await stopDaemon(WORKER_DAEMON, { timeoutMs: STOP_MS }).catch((error: unknown) => terminal.note(String(error)));
    await stopDaemon(SERVER_DAEMON, { timeoutMs: 2_000 }).catch((error: unknown) => terminal.note(String(error)));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    for (const name of Object.keys(process.env)) if (before[name] === undefined) delete process.env[name];
    Object.assign(process.env, before);
    for (const signal of SIGNALS) process.off(signal, interrupted);
  }
}

/** Ports of the loopback that nobody listens on; all are held until all are known, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, async () => {
    const server = createServer();
    await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(0, '127.0.0.1', resolve); });
    return server;
  }));
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => new Promise((resolve) => { server.close(resolve); })));
  return ports;
}
