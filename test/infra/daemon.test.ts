import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { daemonLog, daemonStatus, logTail, startDaemon, stopDaemon } from '../../infra/daemon.js';
import { withLock } from '../../infra/lock.js';
import { isAlive, processId } from '../../infra/processId.js';
import { waitFor } from '../../infra/wait.js';

const run = promisify(execFile);
const fixture = new URL('fixtures/startDaemon.ts', import.meta.url).pathname;
const NAME = 'sleeper';
const SLEEP = ['sleep', '300'] as const;
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fleetwright-daemon-'));
  vi.stubEnv('XDG_STATE_HOME', home);
});

afterEach(async () => {
  await stopDaemon(NAME, { timeoutMs: 0 });
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const recordFile = (): string => join(home, 'fleetwright', 'daemons', NAME);

describe('a daemon', () => {
  it('runs the command itself, in a session of its own, without standard input', async () => {
    const { pid, started } = await startDaemon(NAME, SLEEP, { revision: 'v1' });
    expect(started).toBe(true);
    await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe('sleep\x00300\x00'));
    const session = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
    expect(Number(session)).toBe(pid);
    expect((await run('readlink', [`/proc/${pid}/fd/0`])).stdout.trim()).toBe('/dev/null');
    expect(existsSync(`/proc/${pid}/fd/3`)).toBe(false);
    expect(daemonStatus(NAME)).toMatchObject({ pid, revision: 'v1', logFile: daemonLog(NAME) });
    expect(statSync(recordFile()).mode & 0o777).toBe(0o600);
  });

  it('is not started again while it runs, and is after it was killed', async () => {
    const first = await startDaemon(NAME, SLEEP);
    expect(await startDaemon(NAME, SLEEP)).toEqual({ pid: first.pid, started: false });
    process.kill(first.pid, 'SIGKILL');
    await waitFor(() => daemonStatus(NAME) ? undefined : true, { timeoutMs: 5000 });
    const second = await startDaemon(NAME, SLEEP);
    expect(second.started).toBe(true);
    expect(second.pid).not.toBe(first.pid);
  });

  it('is started once by six starters at the same time', async () => {
    const env = { ...process.env, XDG_STATE_HOME: home };
    const starters = Array.from({ length: 6 }, () => spawn(process.execPath, ['--import', 'tsx', fixture, NAME, ...SLEEP], { env }));
    await Promise.all(starters.map((starter) => once(starter.stderr, 'data')));
    starters.forEach((starter) => starter.stdin.end());
    const results = await Promise.all(starters.map(async ({ stdout }) => JSON.parse(await text(stdout)) as { pid: number; started: boolean }));
    expect(results.filter(({ started }) => started)).toHaveLength(1);
    expect(new Set(results.map(({ pid }) => pid)).size).toBe(1);
    expect(readdirSync(join(home, 'fleetwright', 'daemons'))).toEqual([NAME]);
  });

  it('survives its starter', async () => {
    const env = { ...process.env, XDG_STATE_HOME: home };
    const starter = spawn(process.execPath, ['--import', 'tsx', fixture, NAME, ...SLEEP], { env, detached: true, stdio: 'ignore' });
    const status = await waitFor(() => daemonStatus(NAME), { timeoutMs: 20_000 });
    killGroup(starter.pid ?? 0);
    expect(status && processId(status.pid)).toBeDefined();
  });

  it('is asked to end first', async () => {
    const trapper = 'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done';
    const { pid } = await startDaemon(NAME, ['sh', '-c', trapper]);
    await vi.waitFor(() => expect(logTail(daemonLog(NAME))).toContain('ready'));
    expect(await stopDaemon(NAME)).toBe(true);
    expect(processId(pid)).toBeUndefined();
    expect(logTail(daemonLog(NAME))).toContain('bye');
    expect(await stopDaemon(NAME)).toBe(false);
  });

  it('is ended when it does not listen', async () => {
    const { pid } = await startDaemon(NAME, ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done']);
    await vi.waitFor(() => expect(logTail(daemonLog(NAME))).toContain('ready'));
    await stopDaemon(NAME, { timeoutMs: 200 });
    expect(processId(pid)).toBeUndefined();
    expect(daemonStatus(NAME)).toBeUndefined();
  });

  it('is never another process that got its pid', async () => {
    await startDaemon(NAME, SLEEP);
    const [stat = '', about = ''] = readFileSync(recordFile(), 'utf8').split('\n');
    await stopDaemon(NAME);
    const stranger = spawn('sleep', ['300']);
    try {
      writeFileSync(recordFile(), `${stat.replace(/^\d+/, String(stranger.pid))}\n${about}\n`);
      expect(daemonStatus(NAME)).toBeUndefined();
      expect(await stopDaemon(NAME)).toBe(false);
      expect(processId(stranger.pid ?? 0)).toBeDefined();
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('that cannot run is not said to run', async () => {
    await startDaemon(NAME, ['/no/such/program']);
    await vi.waitFor(() => expect(daemonStatus(NAME)).toBeUndefined());
    expect(logTail(daemonLog(NAME))).toContain('/no/such/program');
  });

  it('starts a new log when the old one is over 10 MB', async () => {
    mkdirSync(join(home, 'fleetwright', 'logs'), { recursive: true });
    writeFileSync(daemonLog(NAME), 'old');
    truncateSync(daemonLog(NAME), 10 * 1024 * 1024 + 1);
    await startDaemon(NAME, ['sh', '-c', 'echo new; exec sleep 300']);
    await vi.waitFor(() => expect(readFileSync(daemonLog(NAME), 'utf8')).toBe('new\n'));
    expect(statSync(`${daemonLog(NAME)}.1`).size).toBe(10 * 1024 * 1024 + 1);
  });
});

describe('a lock', () => {
  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    await Promise.all(Array.from({ length: 5 }, () => withLock(join(home, 'lock'), async () => {
      most = Math.max(most, ++inside);
      await new Promise(setImmediate);
      inside--;
    })));
    expect(most).toBe(1);
    expect(readdirSync(home)).toEqual([]);
  });

  it('of a dead process is taken over by one of those that wait', async () => {
    const dead = spawn('sleep', ['300']);
    const id = processId(dead.pid ?? 0);
    const exited = new Promise((resolve) => dead.once('exit', resolve));
    dead.kill('SIGKILL');
    await exited;
    expect(id && isAlive(id)).toBe(false);
    writeFileSync(join(home, 'lock'), JSON.stringify({ ...id, token: 'dead' }));
    let inside = 0;
    const worked = await Promise.all(Array.from({ length: 4 }, () => withLock(join(home, 'lock'), async () => {
      expect(++inside).toBe(1);
      await new Promise(setImmediate);
      inside--;
      return true;
    })));
    expect(worked).toHaveLength(4);
  });

  it('of a living process is waited for, then refused with its pid', async () => {
    const waits: number[] = [];
    await withLock(join(home, 'lock'), async () => {
      const second = withLock(join(home, 'lock'), async () => undefined, { timeoutMs: 120, onWait: (pid) => waits.push(pid) });
      await expect(second).rejects.toThrow(`process ${process.pid} has held`);
    });
    expect(waits).toEqual([process.pid]);
  });
});

/** Everything that the process has in its group, when it is still there. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
