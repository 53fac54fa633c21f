import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PermanentError } from '../../infra/errors.js';
import { localTransport } from '../../infra/process.js';
import { endCgroup, makeCgroup } from '../../infra/script/cgroup.js';
import { jobFolder, type JobFolder } from '../../infra/script/folders.js';
import type { StepHost, StepProcess } from '../../infra/script/host.js';
import type { TryEnd } from '../../infra/script/journal.js';
import { openLocalHost } from '../../infra/script/localHost.js';
import { releaseKept } from '../../infra/script/keptSupervisors.js';
import { openTransportHost } from '../../infra/script/sshHost.js';
import { waitFor } from '../../infra/wait.js';

const worker = new URL('fixtures/followLocal.ts', import.meta.url).pathname;
const AT_ONCE = { interruptMs: 0, terminateMs: 0, killMs: 5000 };
const SOON = { timeoutMs: 20_000, intervalMs: 20 };
const NEVER = new AbortController().signal;
const WAITS = 'echo $$ >>mine; echo before; while [ ! -e go ]; do sleep 0.02; done; echo last; exit 7\n';

let base: string;
let job: JobFolder;
let hosts: StepHost[];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'fleetwright-supervisor-'));
  job = jobFolder(base, 'job');
  hosts = [];
});

afterEach(async () => {
  for (const pid of supervisors()) signal(pid, 'SIGCONT');
  await (await open()).end(AT_ONCE);
  hosts.forEach((host) => host.close());
  rmSync(base, { recursive: true, force: true });
});

async function open(): Promise<StepHost> {
  const host = await openLocalHost({ job });
  hosts.push(host);
  return host;
}

const step = (name: string, script: string): StepProcess => ({ name, script, environment: {}, path: [], workingDirectory: job.workspace });
const file = (name: string): string => join(job.workspace, name);
const lines = (name: string): string[] => (existsSync(file(name)) ? readFileSync(file(name), 'utf8').trim().split('\n') : []);
const appears = (name: string): Promise<true | undefined> => waitFor(() => (lines(name)[0] ? true : undefined), SOON);
const exists = (path: string): Promise<true | undefined> => waitFor(() => (existsSync(path) ? true : undefined), SOON);
const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
const supervisors = (): number[] => (existsSync(join(job.steps, 'supervisors')) ? readdirSync(join(job.steps, 'supervisors')).map(Number).filter(isRunning) : []);
const areGone = (): Promise<true | undefined> => waitFor(() => (supervisors().length === 0 ? true : undefined), SOON);

function makesCgroups(): boolean {
  const group = makeCgroup('/test');
  if (group !== undefined) void endCgroup(group);
  return group !== undefined;
}

function signal(pid: number, name: NodeJS.Signals): void {
  process.kill(pid, name);
}

async function follow(host: StepHost, name: string): Promise<{ end: TryEnd; log: string }> {
  const chunks: Buffer[] = [];
  const end = await host.follow(name, 0, (chunk) => void chunks.push(chunk), NEVER);
  return { end, log: Buffer.concat(chunks).toString() };
}

/** A worker of its own that starts `step-1-1` and follows it; it has printed `before`. */
async function startWorker(script = WAITS): Promise<ChildProcess> {
  writeFileSync(join(base, 'script.sh'), script);
  const child = spawn(process.execPath, ['--import', 'tsx', worker, base, join(base, 'script.sh')], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await over;
}

describe('steps one after the other', () => {
  it('have one supervisor, whose session is not that of the worker', async () => {
    const host = await open();
    for (const name of ['a-1-1', 'b-1-1', 'c-1-1']) {
      await host.start(step(name, 'ps -o sid= -p $$ >>sessions\n'));
      await follow(host, name);
    }
    expect(supervisors()).toHaveLength(1);
    expect(new Set(lines('sessions').map(Number))).toEqual(new Set(supervisors()));
  });

  it('leave no supervisor behind when the host is let go, or its signal says so', async () => {
    const stop = new AbortController();
    const host = await openLocalHost({ job, signal: stop.signal });
    await host.start(step('a-1-1', 'true\n'));
    await follow(host, 'a-1-1');
    host.close();
    expect(await areGone()).toBe(true);
    await host.start(step('b-1-1', 'true\n'));
    await follow(host, 'b-1-1');
    stop.abort();
    expect(await areGone()).toBe(true);
  });
});

describe('a job that follows another', () => {
  const sessionsOf = async (host: StepHost, name: string): Promise<string> => {
    await host.start(step(name, 'ps -o sid= -p $$\n'));
    return (await follow(host, name)).log.trim();
  };
  const next = async (): Promise<StepHost> => {
    job = jobFolder(base, 'next');
    return open();
  };

  it('has its supervisor, which the first one has forgotten', async () => {
    const first = await open();
    const session = await sessionsOf(first, 'a-1-1');
    expect(await first.end(AT_ONCE)).toEqual([]);
    expect(supervisors()).toEqual([]);
    expect(await sessionsOf(await next(), 'a-1-1')).toBe(session);
    expect(supervisors()).toEqual([Number(session)]);
  });

  it('goes on when the first one, or a step of it, is ended once more by whomever', async () => {
    const first = await open();
    const session = await sessionsOf(first, 'a-1-1');
    await first.end(AT_ONCE);
    const [again, remote] = [await open(), openTransportHost({ transport: localTransport(), job })];
    const second = await next();
    await second.start(step('b-1-1', `(env -i sh -c 'ps -o sid= -p $$ >sid; echo $$ >>mine; while :; do /bin/sleep 0.02; done' >/dev/null 2>&1 &)\nwhile [ ! -e go ]; do sleep 0.02; done; kill -0 "$(cat mine)" && exit 7\n`));
    await appears('mine');
    expect(lines('sid')[0]!.trim()).toBe(session);
    expect(await again.end(AT_ONCE)).toEqual([]);
    for (const host of [again, remote]) expect(await host.stop('a-1-1', AT_ONCE)).toEqual([]);
    writeFileSync(file('go'), '');
    expect((await follow(second, 'b-1-1')).end).toEqual({ exitCode: 7 });
  });

  it('has another one when something of the first one may be left, or a step of it was in hand', async () => {
    const first = await open();
    const session = await sessionsOf(first, 'a-1-1');
    await first.start(step('b-1-1', WAITS));
    await appears('mine');
    expect(await first.end({ ...AT_ONCE, interruptMs: 100, terminateMs: 100 })).toEqual([]);
    expect(lines('mine').map(Number).map(isRunning)).toEqual([false]);
    expect(await sessionsOf(await next(), 'a-1-1')).not.toBe(session);
  });

  it('finds nothing of it: what was left running in the background is ended with the first', async () => {
    const first = await open();
    await first.start(step('a-1-1', `(env -i sh -c 'trap "" INT TERM; echo $$ >>mine; while :; do /bin/sleep 1; done' >/dev/null 2>&1 &)\n`));
    await follow(first, 'a-1-1');
    await appears('mine');
    const left = lines('mine').map(Number);
    expect(left.map(isRunning)).toEqual([true]);
    expect(await first.end(AT_ONCE)).toEqual([]);
    expect(left.map(isRunning)).toEqual([false]);
  });
});

describe.runIf(makesCgroups())('where cgroups can be made', () => {
  const LEAVES = '(env -i setsid sh -c "trap \'\' INT TERM; echo \\$\\$ >>$GONE; while :; do /bin/sleep 1; done" >/dev/null 2>&1 &)\n';
  const groups = (): string[] => readdirSync(join(job.steps, 'supervisors')).flatMap((name) => readFileSync(join(job.steps, 'supervisors', name), 'latin1').split('\n')[1] || []);

  it.each([
    ['this host', async (): Promise<StepHost> => open()],
    ['programs alone', async (): Promise<StepHost> => openTransportHost({ transport: localTransport(), job })],
  ])('nothing leaves a step that is stopped by %s, without environment, session and parent; what an earlier one left stays', async (_, by) => {
    const host = await open();
    await host.start(step('a-1-1', `GONE=earlier\n${LEAVES}`));
    await follow(host, 'a-1-1');
    await appears('earlier');
    await host.start(step('b-1-1', `GONE=mine\n${LEAVES}sleep 300\n`));
    await appears('mine');
    expect(await (await by()).stop('b-1-1', { interruptMs: 100, terminateMs: 100, killMs: 5000 })).toEqual([]);
    expect(lines('mine').map(Number).map(isRunning)).toEqual([false]);
    expect(lines('earlier').map(Number).map(isRunning)).toEqual([true]);
    await host.start(step('c-1-1', 'true\n'));
    expect((await follow(host, 'c-1-1')).end).toEqual({ exitCode: 0 });
  });

  it('nothing leaves a job that ends, and no cgroup stays longer than its supervisor', async () => {
    const host = await open();
    await host.start(step('a-1-1', `GONE=mine\n${LEAVES}`));
    await follow(host, 'a-1-1');
    await appears('mine');
    const [group = ''] = groups();
    expect(existsSync(group)).toBe(true);
    expect(await host.end(AT_ONCE)).toEqual([]);
    expect(lines('mine').map(Number).map(isRunning)).toEqual([false]);
    expect(groups()).toEqual([]);
    releaseKept();
    await waitFor(() => (existsSync(dirname(group)) ? undefined : true), SOON);
    expect(existsSync(group)).toBe(false);
  });
});

describe('a supervisor that is killed', () => {
  it('between the request and the claim costs nothing: another starts the step, once', async () => {
    const host = await open();
    await host.start(step('a-1-1', 'true\n'));
    await follow(host, 'a-1-1');
    const [first = 0] = supervisors();
    signal(first, 'SIGSTOP');
    const starting = host.start(step('b-1-1', 'echo run >>ledger\n'));
    await exists(join(host.journal('b-1-1'), 'command'));
    expect(await host.state('b-1-1')).toBe('absent');
    signal(first, 'SIGKILL');
    await starting;
    expect((await follow(host, 'b-1-1')).end).toEqual({ exitCode: 0 });
    expect(lines('ledger')).toEqual(['run']);
    expect(supervisors()).toHaveLength(1);
  });

  it('between the claim and the fork leaves a step that is cut short, and is never started again', async () => {
    const [host, other] = [await open(), await open()];
    mkdirSync(host.journal('a-1-1'));
    execFileSync('mkfifo', [join(host.journal('a-1-1'), 'output')]);
    await host.start(step('a-1-1', 'echo run >>ledger\n'));
    const [claimant = 0] = supervisors();
    signal(claimant, 'SIGSTOP');
    const waits = readFileSync(`/proc/${claimant}/task/${claimant}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number);
    // Where the step is not even forked, as far as any record tells.
    waits.forEach((pid) => signal(pid, 'SIGSTOP'));
    for (const one of [host, other, openTransportHost({ transport: localTransport(), job })]) expect(await one.state('a-1-1')).toBe('running');
    await other.start(step('a-1-1', 'echo run >>ledger\n'));
    [...waits, claimant].forEach((pid) => signal(pid, 'SIGKILL'));
    for (const one of [host, other, openTransportHost({ transport: localTransport(), job })]) expect((await follow(one, 'a-1-1')).end).toBe('cut short');
    await host.start(step('a-1-1', 'echo run >>ledger\n'));
    expect(await host.state('a-1-1')).toBe('cut short');
    expect(lines('ledger')).toEqual([]);
  });

  it('and one that is only slow there is waited for', async () => {
    const [host, other] = [await open(), await open()];
    await host.start(step('first-1-1', 'true\n'));
    await follow(host, 'first-1-1');
    mkdirSync(host.journal('a-1-1'));
    execFileSync('mkfifo', [join(host.journal('a-1-1'), 'output')]);
    await host.start(step('a-1-1', 'echo run >>ledger\n'));
    const [claimant = 0] = supervisors();
    signal(claimant, 'SIGSTOP');
    await other.start(step('a-1-1', 'echo run >>ledger\n'));
    const following = follow(other, 'a-1-1');
    expect(await Promise.race([following, new Promise((resolve) => setTimeout(resolve, 500, 'still waiting'))])).toBe('still waiting');
    signal(claimant, 'SIGCONT');
    // A reader lets it pass the place where it stands.
    execFileSync('sh', ['-c', ': <"$1"', 'sh', join(host.journal('a-1-1'), 'output')]);
    expect((await following).end).toEqual({ exitCode: 0 });
    expect(lines('ledger')).toEqual(['run']);
  });

  it('while the step runs leaves it to its end, which nobody then knows; the next step has a new one', async () => {
    const host = await open();
    await host.start(step('a-1-1', WAITS));
    await appears('mine');
    const [first = 0] = supervisors();
    signal(first, 'SIGKILL');
    const following = follow(host, 'a-1-1');
    await waitFor(() => (isRunning(first) ? undefined : true), SOON);
    expect(await host.state('a-1-1')).toBe('running');
    await host.start(step('b-1-1', 'true\n'));
    expect((await follow(host, 'b-1-1')).end).toEqual({ exitCode: 0 });
    writeFileSync(file('go'), '');
    expect(await following).toEqual({ end: 'cut short', log: 'before\nlast\n' });
    await host.start(step('a-1-1', WAITS));
    expect(lines('mine')).toHaveLength(1);
  });
});

describe('a worker that is killed', () => {
  it('leaves its step to the next worker, the same process with its result, and no supervisor after it', async () => {
    for (const _ of [1, 2]) await kill(await startWorker());
    const host = await open();
    expect(await host.state('step-1-1')).toBe('running');
    const [supervisor = 0] = supervisors();
    const following = follow(host, 'step-1-1');
    writeFileSync(file('go'), '');
    expect(await following).toEqual({ end: { exitCode: 7 }, log: 'before\nlast\n' });
    expect(lines('mine')).toHaveLength(1);
    expect(readFileSync(join(host.journal('step-1-1'), 'claim'), 'latin1').split('\n').map((line) => Number.parseInt(line, 10))).toEqual([supervisor, Number(lines('mine')[0]), NaN]);
    expect(await areGone()).toBe(true);
  });

  it('leaves a result that was recorded without it', async () => {
    const child = await startWorker();
    await kill(child);
    writeFileSync(file('go'), '');
    expect(await areGone()).toBe(true);
    expect(await follow(await open(), 'step-1-1')).toEqual({ end: { exitCode: 7 }, log: 'before\nlast\n' });
  });

  it('leaves what another host reaches by programs alone', async () => {
    await kill(await startWorker());
    const remote = openTransportHost({ transport: localTransport(), job });
    expect(await remote.state('step-1-1')).toBe('running');
    expect(await remote.stop('step-1-1', AT_ONCE)).toEqual([]);
    expect((await follow(remote, 'step-1-1')).end).toMatchObject({ exitCode: expect.toSatisfy((code: number) => code > 128) });
  });

  it('does not keep another worker of the same job from following and starting steps', async () => {
    const child = await startWorker();
    const host = await open();
    const following = follow(host, 'step-1-1');
    await host.start(step('b-1-1', 'true\n'));
    expect((await follow(host, 'b-1-1')).end).toEqual({ exitCode: 0 });
    await host.start(step('step-1-1', WAITS));
    const over = new Promise((resolve) => child.once('exit', resolve));
    writeFileSync(file('go'), '');
    expect((await following).end).toEqual({ exitCode: 7 });
    expect(await over).toBe(0);
    expect(lines('mine')).toHaveLength(1);
  });
});

describe.runIf(process.getuid?.() === 0)('on a disk that is full', () => {
  let disk: string;

  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'fleetwright-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk]);
    job = jobFolder(disk, 'job');
  });

  afterEach(async () => {
    await (await open()).end(AT_ONCE);
    job = jobFolder(base, 'job');
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  const fill = (): void => {
    expect(() => writeFileSync(join(disk, 'fill'), Buffer.alloc(1024 * 1024))).toThrow('ENOSPC');
  };

  it('a step is not started, and the error says why', async () => {
    const host = await open();
    await host.start(step('a-1-1', 'true\n'));
    await follow(host, 'a-1-1');
    fill();
    const start = host.start(step('b-1-1', 'echo run >>ledger\n'));
    await expect(start).rejects.toBeInstanceOf(PermanentError);
    await expect(start).rejects.toThrow('ENOSPC');
    rmSync(join(disk, 'fill'));
    expect(lines('ledger')).toEqual([]);
  });

  it('a result that cannot be recorded is an error, and no success', async () => {
    const host = await open();
    await host.start(step('a-1-1', 'echo before; head -c 1000000 /dev/zero >../../fill || true; true\n'));
    const chunks: Buffer[] = [];
    const following = host.follow('a-1-1', 0, (chunk) => void chunks.push(chunk), NEVER);
    await expect(following).rejects.toBeInstanceOf(PermanentError);
    await expect(following).rejects.toThrow(/result is lost.*ENOSPC/s);
    rmSync(join(disk, 'fill'));
    expect(await host.state('a-1-1')).toBe('cut short');
  });

  it('a result is recorded once there is room again', async () => {
    const host = await open();
    await host.start(step('a-1-1', 'head -c 1000000 /dev/zero >../../fill || true; exit 7\n'));
    await exists(join(disk, 'fill'));
    const following = follow(host, 'a-1-1');
    await exists(join(host.journal('a-1-1'), 'exit'));
    rmSync(join(disk, 'fill'));
    expect((await following).end).toEqual({ exitCode: 7 });
  });
});
