import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { acquireTemporal } from '../../../infra/temporal/acquire.js';
import { connectionOptions, settingsEnvironment } from '../../../infra/temporal/connection.js';
import { connectTemporal, isReachable } from '../../../infra/temporal/reach.js';
import { type Environment, temporalSettings } from '../../../infra/temporal/settings.js';
import { waitFor } from '../../../infra/wait.js';
import { freePorts } from '../../freePorts.js';
import { authority, type Proxy, type ProxyOptions, tlsProxy } from './tls.js';

const SERVER = 'temporal.test';
let folder: string;
let ours: ReturnType<typeof authority>;
let port = 0;
let temporal: ChildProcess;
let bundle: WorkflowBundle;
let proxy: Proxy | undefined;

beforeAll(async () => {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  folder = mkdtempSync(join(tmpdir(), 'secure-'));
  ours = authority(folder, 'ours');
  const [free = 0] = await freePorts(1);
  port = free;
  temporal = spawn(await acquireTemporal(), ['server', 'start-dev', '--headless', '--port', String(port), '--log-level', 'error'], { stdio: 'ignore' });
  bundle = await bundleWorkflowCode({ workflowsPath: new URL('../fixtures/greetings.ts', import.meta.url).pathname, logger });
  const plain = temporalSettings({ address: `127.0.0.1:${port}` }, {});
  if (!await waitFor(async () => (await isReachable(plain, 1000)) || undefined, { timeoutMs: 60_000 })) throw new Error('the Temporal server does not answer');
}, 50 * 60_000);
afterEach(() => {
  proxy?.close();
  proxy = undefined;
});
afterAll(async () => {
  const ended = new Promise((resolve) => temporal.once('exit', resolve));
  temporal.kill('SIGKILL');
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

async function behind(options: Partial<ProxyOptions> = {}): Promise<Environment> {
  proxy = await tlsProxy({ port, server: ours.sign(SERVER), ...options });
  return { TEMPORAL_ADDRESS: proxy.address, TEMPORAL_TLS_SERVER_CA_CERT_PATH: ours.cert, TEMPORAL_TLS_SERVER_NAME: SERVER };
}

/** As the CLI and its worker do it: the CLI reads its environment, the worker that which the CLI hands on. */
async function greet(env: Environment): Promise<string> {
  const settings = temporalSettings({}, env);
  const forWorker = temporalSettings({}, settingsEnvironment(settings, {}));
  const taskQueue = `greetings-${proxy?.address}`;
  const native = await NativeConnection.connect(connectionOptions(forWorker));
  const connection = await connectTemporal(settings, { timeoutMs: 10_000 });
  try {
    const worker = await Worker.create({ connection: native, taskQueue, workflowBundle: bundle });
    const client = new Client({ connection });
    return await worker.runUntil(client.workflow.execute('greeting', { taskQueue, workflowId: taskQueue, args: ['world'] }) as Promise<string>);
  } finally {
    await connection.close();
    await native.close();
  }
}

const refusal = (env: Environment): Promise<unknown> => connectTemporal(temporalSettings({}, env), { timeoutMs: 3000 }).then((connection) => connection.close(), (error: unknown) => error);

describe('client and worker reach a server', () => {
  it('by TLS, with an authority and a name of its own', async () => {
    expect(await greet(await behind())).toBe('hello world');
    expect(proxy?.passed()).toBeGreaterThan(3);
  });

  it('by TLS with a client certificate', async () => {
    const client = ours.sign('client');
    const env = { ...await behind({ clientsOf: ours }), TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert, TEMPORAL_TLS_CLIENT_KEY_PATH: client.key };
    expect(await greet(env)).toBe('hello world');
  });

  it('by an API key', async () => {
    expect(await greet({ ...await behind({ authorization: 'Bearer key-1' }), TEMPORAL_API_KEY: 'key-1' })).toBe('hello world');
  });
});

describe('a connection is refused, with what to check', () => {
  it.each<[string, () => Promise<Environment>, RegExp]>([
    ['an authority that is not trusted', async () => ({ ...await behind(), TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority(folder, 'another').cert }), /no Temporal server answers at .*TEMPORAL_TLS/s],
    ['a name that is not the certificate\'s', async () => ({ ...await behind(), TEMPORAL_TLS_SERVER_NAME: 'other.test' }), /no Temporal server answers at .*TEMPORAL_TLS/s],
    ['no TLS', async () => ({ TEMPORAL_ADDRESS: (await behind())['TEMPORAL_ADDRESS'] }), /no Temporal server answers at .*TEMPORAL_TLS/s],
    ['no client certificate', () => behind({ clientsOf: ours }), /no Temporal server answers at .*TEMPORAL_TLS/s],
    ['another authority\'s client certificate', async () => {
      const stranger = authority(folder, 'strangers').sign('client');
      return { ...await behind({ clientsOf: ours }), TEMPORAL_TLS_CLIENT_CERT_PATH: stranger.cert, TEMPORAL_TLS_CLIENT_KEY_PATH: stranger.key };
    }, /no Temporal server answers at .*TEMPORAL_TLS/s],
    ['a wrong API key', async () => ({ ...await behind({ authorization: 'Bearer key-1' }), TEMPORAL_API_KEY: 'key-2' }), /refuses these credentials .*who are you\n.*TEMPORAL_API_KEY/s],
  ])('for %s', async (_, environment, message) => {
    const error = await refusal(await environment());
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain('key-2');
    expect(proxy?.passed()).toBe(0);
  });
});
