import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { daemonLog, daemonStatus, logTail, stopDaemon } from '../../../infra/daemon.js';
import { processId } from '../../../infra/processId.js';
import { temporalSettings } from '../../../infra/temporal/settings.js';
import { codeStamp, ensureWorker, WORKER_DAEMON, workerIsReady } from '../../../infra/temporal/worker.js';

const fixture = new URL('../fixtures/worker.ts', import.meta.url).pathname;
const KEY = 'key-that-nobody-sees';
const settings = temporalSettings({ address: 'temporal.example' }, { TEMPORAL_API_KEY: KEY });
const options = { settings, command: [process.execPath, '--import', 'tsx', fixture] };
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fleetwright-worker-'));
  vi.stubEnv('XDG_STATE_HOME', home);
  vi.stubEnv('FLEETWRIGHT_SOURCES', '1');
});

afterEach(async () => {
  await stopDaemon(WORKER_DAEMON, { timeoutMs: 0 });
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

describe('the worker in the background', () => {
  it('is started once by three that ask at the same time, with the connection, and polls when they return', async () => {
    const workers = await Promise.all([1, 2, 3].map(() => ensureWorker(options)));
    expect(workers.filter(({ started }) => started)).toHaveLength(1);
    expect(workerIsReady()).toBe(true);
    expect(logTail(daemonLog(WORKER_DAEMON))).toBe(`temporal.example:7233 default ${KEY.length}`);
  });

  it('has no secret in its arguments, its record or its log', async () => {
    const { pid } = await ensureWorker(options);
    const shown = [`/proc/${pid}/cmdline`, daemonLog(WORKER_DAEMON), ...readdirSync(join(home, 'fleetwright', 'daemons')).map((name) => join(home, 'fleetwright', 'daemons', name))];
    for (const file of shown) expect(readFileSync(file, 'utf8')).not.toContain(KEY);
  });

  it('is replaced, after it handed back its work, when the connection is another', async () => {
    const first = await ensureWorker(options);
    const other = temporalSettings({ address: 'temporal.example' }, { TEMPORAL_API_KEY: 'rotated' });
    const second = await ensureWorker({ ...options, settings: other });
    expect(second).toMatchObject({ started: true });
    expect(processId(first.pid)).toBeUndefined();
    expect(logTail(daemonLog(WORKER_DAEMON))).toContain('handed back');
    expect(daemonStatus(WORKER_DAEMON)?.pid).toBe(second.pid);
  });

  it('has another stamp when a file of its code is another', () => {
    const file = join(home, 'code', 'deep', 'a.js');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'a');
    const before = codeStamp([join(home, 'code')]);
    expect(codeStamp([join(home, 'code')])).toBe(before);
    utimesSync(file, 1, 1);
    expect(codeStamp([join(home, 'code')])).not.toBe(before);
  });

  it('is started again after it was killed, and is not ready in between', async () => {
    const { pid } = await ensureWorker(options);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(daemonStatus(WORKER_DAEMON)).toBeUndefined());
    expect(workerIsReady()).toBe(false);
    expect(await ensureWorker(options)).toMatchObject({ started: true });
  });

  it('that ends before it polls is an error with the end of its log', async () => {
    const command = [process.execPath, '-e', 'console.error("no connection"); process.exit(1)'];
    await expect(ensureWorker({ ...options, command })).rejects.toThrow(/did not start: it ended\nno connection\n.*See its log/s);
  });

  it('that does not poll yet is waited for, with a line now and then, up to a limit', async () => {
    const said: string[] = [];
    const slow = { ...options, command: ['sleep', '600'], tellEveryMs: 100, readyTimeoutMs: 450, onProgress: (line: string) => void said.push(line) };
    await expect(ensureWorker(slow)).rejects.toThrow('did not start: it does not poll after 0.45 s');
    expect(said.length).toBeGreaterThanOrEqual(1);
    expect(said.length).toBeLessThanOrEqual(5);
    expect(said[0]).toMatch(/^the worker runs and does not poll yet, after \d+ s; it may take up to 0\.45 s$/);
  });
});
