import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, existsSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { daemonStatus, stopDaemon } from '../../../infra/daemon.js';
import { acquireTemporal, cachedTemporal } from '../../../infra/temporal/acquire.js';
import { DYNAMIC_CONFIG, ensureDevServer, SERVER_DAEMON, serverArguments, sqlitePragmas, type DevServerOptions } from '../../../infra/temporal/devServer.js';
import { connectTemporal, isReachable, TemporalUnreachableError } from '../../../infra/temporal/reach.js';
import { temporalSettings } from '../../../infra/temporal/settings.js';
import { SEARCH_ATTRIBUTES } from '../../../workflows/messages.js';
import { freePorts } from '../../freePorts.js';

const searchAttributes = Object.values(SEARCH_ATTRIBUTES);
let home: string;
let options: DevServerOptions;

beforeAll(async () => {
  const executable = await acquireTemporal();
  home = mkdtempSync(join(tmpdir(), 'fleetwright-server-'));
  vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'));
  mkdirSync(dirname(cachedTemporal()), { recursive: true });
  symlinkSync(executable, cachedTemporal());
  const [port = 0, uiPort = 0] = await freePorts(2);
  options = { port, uiPort, searchAttributes };
}, 50 * 60_000);

afterAll(async () => {
  await stopDaemon(SERVER_DAEMON, { timeoutMs: 2000 });
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const database = () => join(home, 'state', 'fleetwright', 'temporal', 'temporal.db');
const ownSettings = () => temporalSettings({}, { FLEETWRIGHT_TEMPORAL_PORT: String(options.port) });

async function connected<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await connectTemporal(ownSettings(), { timeoutMs: 10_000 });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

describe('our own Temporal server', () => {
  it('is started once by three that ask at the same time, and answers when they return', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => ensureDevServer(options)));
    expect(servers.filter(({ started }) => started)).toHaveLength(1);
    expect(servers[0]).toMatchObject({ address: `127.0.0.1:${options.port}`, uiUrl: `http://127.0.0.1:${options.uiPort}` });
    expect(await isReachable(ownSettings())).toBe(true);
    expect((await fetch(`http://127.0.0.1:${options.uiPort}/`)).status).toBe(200);
  });

  it('listens on loopback only', () => {
    const pid = daemonStatus(SERVER_DAEMON)?.pid ?? 0;
    const inodes = new Set(execFileSync('ls', ['-l', `/proc/${pid}/fd`], { encoding: 'utf8' }).match(/(?<=socket:\[)\d+/g));
    const listening = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1))
      .map((line) => line.trim().split(/\s+/)).filter((fields) => fields[3] === '0A' && inodes.has(fields[9] ?? ''))
      .map((fields) => fields[1]?.split(':')[0]);
    expect(listening.length).toBeGreaterThan(2);
    expect(new Set(listening)).toEqual(new Set(['0100007F']));
  });

  it('has the search attributes, and takes a workflow that uses them', async () => {
    await connected(async (client) => {
      const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace: 'default' });
      expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(searchAttributes));
      await client.workflow.start('deploy', {
        workflowId: 'deploy/demo#1', taskQueue: 'nobody',
        typedSearchAttributes: [{ key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.cluster, 'KEYWORD'), value: 'demo' }],
      });
    });
  });

  it('keeps its workflows when it is killed, and is started again', async () => {
    const pid = daemonStatus(SERVER_DAEMON)?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(daemonStatus(SERVER_DAEMON)).toBeUndefined());
    expect(await isReachable(ownSettings(), 1000)).toBe(false);
    expect((await ensureDevServer(options)).started).toBe(true);
    const found = await connected(async (client) => {
      const ids = [];
      for await (const workflow of client.workflow.list({ query: `${SEARCH_ATTRIBUTES.cluster} = 'demo'` })) ids.push(workflow.workflowId);
      return ids;
    });
    expect(found).toEqual(['deploy/demo#1']);
    expect(readFileSync(database()).subarray(18, 20)).toEqual(Buffer.from([2, 2])); // SQLite's file format: write-ahead log
  });

  it('that somebody else started is used as it is, and gets what attributes it lacks', async () => {
    const log = vi.fn();
    const elsewhere = vi.stubEnv('XDG_STATE_HOME', join(home, 'another-state'));
    try {
      const server = await ensureDevServer({ ...options, searchAttributes: [...searchAttributes, 'FleetwrightLater'], onProgress: log });
      expect(server.started).toBe(false);
      expect(daemonStatus(SERVER_DAEMON)).toBeUndefined();
      await connected((client) => client.workflow.start('deploy', {
        workflowId: 'deploy/later#1', taskQueue: 'nobody',
        typedSearchAttributes: [{ key: defineSearchAttributeKey('FleetwrightLater', 'KEYWORD'), value: 'x' }],
      }));
    } finally {
      elsewhere.stubEnv('XDG_STATE_HOME', join(home, 'state'));
    }
  });

  it('is not started a second time on another port: its database is in use', async () => {
    const [port = 0] = await freePorts(1);
    await expect(ensureDevServer({ ...options, port })).rejects.toThrow(new RegExp(`already runs at 127.0.0.1:${options.port}.*fleetwright stop`, 's'));
  });

  it('says so at once when it has no such namespace', async () => {
    await expect(ensureDevServer({ ...options, namespace: 'elsewhere' })).rejects.toThrow(/has no namespace "elsewhere".*namespace create/s);
  });

  it('is refused a port that another program has, by name and with a remedy', async () => {
    const other = await listen();
    vi.stubEnv('XDG_STATE_HOME', join(home, 'third-state'));
    try {
      const port = (other.address() as AddressInfo).port;
      const [free = 0] = await freePorts(1);
      await expect(ensureDevServer({ ...options, port })).rejects.toThrow(
        new RegExp(`another program listens at 127.0.0.1:${port}\\n.*FLEETWRIGHT_TEMPORAL_PORT`));
      await expect(ensureDevServer({ ...options, port: free, uiPort: port })).rejects.toThrow(
        new RegExp(`another program listens at 127.0.0.1:${port}\\n.*FLEETWRIGHT_UI_PORT`));
      expect(daemonStatus(SERVER_DAEMON)).toBeUndefined();
    } finally {
      other.close();
      vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
    }
  });

  it('that cannot start says why, with the end of its log', async () => {
    const [port = 0, uiPort = 0] = await freePorts(2);
    const state = join(home, 'broken-state');
    mkdirSync(join(state, 'fleetwright', 'temporal', 'temporal.db'), { recursive: true });
    vi.stubEnv('XDG_STATE_HOME', state);
    try {
      await expect(ensureDevServer({ ...options, port, uiPort })).rejects.toThrow(/did not start: it ended\n.*database.*See its log/s);
    } finally {
      vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
    }
  });

  it('ends when it is told to', async () => {
    expect(await stopDaemon(SERVER_DAEMON)).toBe(true);
    expect(await isReachable(ownSettings(), 1000)).toBe(false);
    expect(existsSync(database())).toBe(true);
  });
});

describe('a Temporal server that does not answer', () => {
  it('is an error of its own type that names the command which starts one', async () => {
    const refused = connectTemporal(ownSettings(), { timeoutMs: 1000 });
    await expect(refused).rejects.toThrow(TemporalUnreachableError);
    await expect(refused).rejects.toThrow(/no Temporal server answers at 127\.0\.0\.1:\d+.*`fleetwright up`/s);
  });
});

it('the server is told not to throttle itself, nor to wait for the disk at every step', () => {
  const argv = serverArguments(ownSettings(), searchAttributes, '/db');
  for (const pragma of sqlitePragmas()) expect(argv[argv.indexOf(pragma) - 1]).toBe('--sqlite-pragma');
  for (const [key, value] of Object.entries(DYNAMIC_CONFIG)) expect(argv).toContain(`${key}=${value}`);
  expect(argv).toContain('FleetwrightCluster=Keyword');
});

function listen(): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-not-temporal\r\n'));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
