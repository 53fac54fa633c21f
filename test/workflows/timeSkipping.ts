/** Temporal's test server, in which time is skipped by `env.sleep`. It knows no change of a memo, so a run cannot close in it: a test ends it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { dataConverter } from '../../infra/temporal/payloads.js';
import { waitFor } from '../../infra/wait.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { freePorts } from '../freePorts.js';

/** Why no test can skip time on this host; undefined where it can. */
export const NO_TIME_SKIPPING = process.env['FLEETWRIGHT_TIME_SKIPPING'] === undefined ? process.env['FLEETWRIGHT_NO_TIME_SKIPPING'] ?? 'it was not set up' : undefined;

/** A Java program on a busy host may take this long until it listens; the SDK would give it five seconds. */
const START_MS = 90_000;

/** Temporal's number of the type. */
const KEYWORD = 2;

/** `create` is not a part of the SDK's types: its own `createTimeSkipping` starts the server itself. */
interface Creates {
  create(options: { server: { type: 'existing' }; supportsTimeSkipping: true; address: string; namespace: string; client: object; connectionOptions: object }): Promise<TestWorkflowEnvironment>;
}

interface SkippingServer {
  readonly env: TestWorkflowEnvironment;
  readonly stop: () => Promise<void>;
}

/** Its port may be another server's by the time that it listens: then one more. */
const TRIES = 3;

/** The environment, and what ends it and its server. */
export async function startSkippingServer(): Promise<SkippingServer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce();
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

async function startOnce(): Promise<SkippingServer> {
  const [port] = await freePorts(1);
  const server = spawn(process.env['FLEETWRIGHT_TIME_SKIPPING'] ?? '', [String(port), '--enable-time-skipping'], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  try {
    await waitFor(() => listens(port!), { timeoutMs: START_MS, intervalMs: 100 });
    const env = await (TestWorkflowEnvironment as unknown as Creates).create({
      server: { type: 'existing' }, supportsTimeSkipping: true, address: `127.0.0.1:${port}`, namespace: 'default', client: { dataConverter: dataConverter() }, connectionOptions: {},
    });
    const { operatorService, testService } = env.connection;
    // It starts with time that runs on as soon as nothing is at work: whatever waits for a day is over before a test has seen it wait. A server of another kind has no such service.
    await testService!.lockTimeSkipping({});
    await operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map((name) => [name, KEYWORD])) });
    return { env, stop: async () => { await env.teardown(); server.kill(); await ended; } };
  } catch (error) {
    server.kill();
    throw error;
  }
}

function listens(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (answer: true | undefined): void => { socket.destroy(); resolve(answer); };
    socket.once('connect', () => done(true)).once('error', () => done(undefined));
  });
}
