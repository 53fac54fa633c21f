import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInputError, PermanentError } from '../../infra/errors.js';
import { localTransport } from '../../infra/process.js';
import { jobFolder, type JobFolder } from '../../infra/script/folders.js';
import type { StepHost, StepProcess } from '../../infra/script/host.js';
import type { TryEnd } from '../../infra/script/journal.js';
import { openLocalHost } from '../../infra/script/localHost.js';
import { openTransportHost } from '../../infra/script/sshHost.js';
import { waitFor } from '../../infra/wait.js';

const QUICK_STOP = { interruptMs: 300, terminateMs: 300, killMs: 5000 };
const AT_ONCE = { interruptMs: 0, terminateMs: 0, killMs: 5000 };
const SOON = { timeoutMs: 20_000, intervalMs: 20 };
const HOSTS: readonly (readonly [string, (job: JobFolder) => Promise<StepHost>])[] = [
  ["the worker's own host", (job) => openLocalHost({ job })],
  ['a machine over a transport', async (job) => openTransportHost({ transport: localTransport(), job })],
];

let base: string;
let job: JobFolder;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'fleetwright-hosts-'));
  job = jobFolder(base, 'job');
});

const file = (name: string): string => join(job.workspace, name);
const lines = (name: string): string[] => (existsSync(file(name)) ? readFileSync(file(name), 'utf8').trim().split('\n') : []);
const appears = (name: string): Promise<true | undefined> => waitFor(() => (lines(name)[0] ? true : undefined), SOON);
const isRunning = (pid: string | undefined): boolean => existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));

describe.each(HOSTS)('a step on %s', (_, open) => {
  let host: StepHost;

  beforeEach(async () => {
    host = await open(job);
  });

  afterEach(async () => {
    await host.end(AT_ONCE);
    host.close();
    rmSync(base, { recursive: true, force: true });
  });

  const step = (name: string, script: string, more: Partial<StepProcess> = {}): StepProcess => ({ name, script, environment: {}, path: [], workingDirectory: job.workspace, ...more });

  async function follow(name: string, from = 0): Promise<{ end: TryEnd; log: string }> {
    const chunks: Buffer[] = [];
    const end = await host.follow(name, from, (chunk) => void chunks.push(chunk), new AbortController().signal);
    return { end, log: Buffer.concat(chunks).toString('latin1') };
  }

  async function run(name: string, script: string, more: Partial<StepProcess> = {}): Promise<{ end: TryEnd; log: string }> {
    await host.start(step(name, script, more));
    return follow(name);
  }

  it('gives its output and exit code, its environment files, and its state', async () => {
    expect(await host.state('a-1-1')).toBe('absent');
    const script = 'pwd; cat; echo "$MINE" >&2; echo "a=1" >>"$OUT"; [ -e go ] || while [ ! -e go ]; do sleep 0.02; done; exit 7\n';
    await host.start(step('a-1-1', script, { environment: { MINE: "it's mine", OUT: `${host.journal('a-1-1')}/output` } }));
    expect(await host.state('a-1-1')).toBe('running');
    writeFileSync(file('go'), '');
    expect(await follow('a-1-1')).toEqual({ end: { exitCode: 7 }, log: `${job.workspace}\nit's mine\n` });
    expect(await host.state('a-1-1')).toBe('ended');
    expect((await host.read('a-1-1', 'output', 100)).toString()).toBe('a=1\n');
    expect((await host.read('a-1-1', 'output', 2)).toString()).toBe('a=');
    expect(await host.read('a-1-1', 'env', 100)).toHaveLength(0);
    expect(await host.read('b-1-1', 'env', 100)).toHaveLength(0);
    expect(await follow('a-1-1', job.workspace.length + 1)).toEqual({ end: { exitCode: 7 }, log: "it's mine\n" });
  });

  it('runs a command of its own, finds its environment whole and nothing of the worker', async () => {
    process.env['TEMPORAL_API_KEY'] = 'very-secret';
    try {
      const { log } = await run('a-1-1', '', { argv: ['env'], environment: { 'IN-PUT': 'dashed', MANY: 'one\ntwo' }, path: ['/first'] });
      expect(log).toContain('IN-PUT=dashed\n');
      expect(log).toContain('MANY=one\ntwo\n');
      expect(log).toContain(`PATH=/first:${process.env['PATH']}\n`);
      expect(log).toContain(`FLEETWRIGHT_STEP=${host.journal('a-1-1')}\n`);
      expect(log).not.toContain('very-secret');
    } finally {
      delete process.env['TEMPORAL_API_KEY'];
    }
  });

  it('can trap SIGINT, and is told as the shell tells it when a signal ends it', async () => {
    expect(await run('a-1-1', 'trap "echo caught" INT; kill -INT $$; echo on\n')).toEqual({ end: { exitCode: 0 }, log: 'caught\non\n' });
    expect((await run('b-1-1', 'kill -KILL $$\n')).end).toEqual({ exitCode: 137 });
    expect((await run('c-1-1', 'kill -INT $$\n')).end).toEqual({ exitCode: 130 });
    expect((await run('d-1-1', 'true\n')).end).toEqual({ exitCode: 0 });
  });

  it('is started once, however often and by however many it is asked for', async () => {
    const others = await Promise.all([open(job), open(job), open(job)]);
    const names = Array.from({ length: 8 }, (__, at) => `race${at}-1-1`);
    await Promise.all([host, ...others, host].flatMap((one) => names.map((name) => one.start(step(name, `echo ${name} >>ledger\n`)))));
    for (const name of names) expect((await follow(name)).end).toEqual({ exitCode: 0 });
    for (const name of names) await host.start(step(name, `echo ${name} >>ledger\n`));
    expect(lines('ledger').toSorted()).toEqual(names);
    others.forEach((one) => one.close());
  });

  it('runs beside eleven others of its job', async () => {
    const names = Array.from({ length: 12 }, (__, at) => `together${at}-1-1`);
    const waitForAll = `echo here >>ledger; while [ "$(wc -l <ledger)" -lt ${names.length} ]; do sleep 0.02; done\n`;
    for (const name of names) await host.start(step(name, waitForAll));
    for (const { end } of await Promise.all(names.map((name) => follow(name)))) expect(end).toEqual({ exitCode: 0 });
  });

  it('ends with its own process, although background children hold its output open and print', async () => {
    expect((await run('a-1-1', 'sleep 300 & echo $! >child; (while :; do echo more; sleep 0.01; done) & echo started\n')).end).toEqual({ exitCode: 0 });
    expect(isRunning(lines('child')[0])).toBe(true);
  });

  it('gives its log whole, one chunk at a time, to a reader that is slower', async () => {
    await host.start(step('a-1-1', 'head -c 20000000 /dev/zero | tr "\\0" x; echo end\n'));
    let [bytes, inHand, most, largest] = [0, 0, 0, 0];
    const end = await host.follow('a-1-1', 0, async (chunk) => {
      inHand++;
      most = Math.max(most, inHand);
      largest = Math.max(largest, chunk.length);
      await new Promise((resolve) => setImmediate(resolve));
      bytes += chunk.length;
      inHand--;
    }, new AbortController().signal);
    expect([end, bytes, most]).toEqual([{ exitCode: 0 }, 20_000_004, 1]);
    expect(largest).toBeLessThanOrEqual(256 * 1024);
  });

  it('goes on when its log cannot be kept, or nobody waits any more', async () => {
    await host.start(step('a-1-1', 'echo something; while [ ! -e go ]; do sleep 0.02; done\n'));
    const never = new AbortController().signal;
    await expect(host.follow('a-1-1', 0, () => { throw new Error('no space'); }, never)).rejects.toThrow('no space');
    await expect(host.follow('a-1-1', 0, () => Promise.reject(new Error('no room')), never)).rejects.toThrow('no room');
    const waiting = new AbortController();
    const following = host.follow('a-1-1', 0, () => waiting.abort(new Error('enough')), waiting.signal);
    await expect(following).rejects.toThrow('enough');
    expect(await host.state('a-1-1')).toBe('running');
    writeFileSync(file('go'), '');
    expect((await follow('a-1-1')).end).toEqual({ exitCode: 0 });
  });

  it('that was forgotten keeps its end, and one that runs is not forgotten', async () => {
    await host.start(step('a-1-1', 'echo secret; while [ ! -e go ]; do sleep 0.02; done; exit 3\n'));
    await host.forget('a-1-1');
    expect(existsSync(join(host.journal('a-1-1'), 'command'))).toBe(true);
    writeFileSync(file('go'), '');
    expect((await follow('a-1-1')).end).toEqual({ exitCode: 3 });
    await host.forget('a-1-1');
    expect(existsSync(join(host.journal('a-1-1'), 'log'))).toBe(false);
    for (const text of ['script', 'command']) expect(existsSync(join(host.journal('a-1-1'), text)) ? readFileSync(join(host.journal('a-1-1'), text), 'utf8') : '').toBe('');
    await host.start(step('a-1-1', 'echo again >>ledger\n'));
    expect(await follow('a-1-1')).toEqual({ end: { exitCode: 3 }, log: '' });
    await host.forget('never-1-1');
  });

  it('runs its own script and has empty environment files after steps that were forgotten, and what those left running cannot reach them', async () => {
    const commands = (name: string): Record<string, string> => ({ OUT: `${host.journal(name)}/output`, ENV: `${host.journal(name)}/env` });
    await run('a-1-1', `echo "a=1" >>"$OUT"; (while [ ! -e go ]; do sleep 0.02; done; echo "late=1" >>"$ENV"; echo "late=2" >>"$OUT"; echo late; : >gone) & echo ${'long '.repeat(50)}`, { environment: commands('a-1-1') });
    await host.forget('a-1-1');
    const script = '[ ! -s "$ENV" ] && [ ! -s "$OUT" ] && [ -e "$ENV" ] && echo empty; : >go; while [ ! -e gone ]; do sleep 0.02; done; echo "b=1" >>"$ENV"\n';
    expect(await run('b-1-1', script, { environment: commands('b-1-1') })).toEqual({ end: { exitCode: 0 }, log: 'empty\n' });
    expect((await host.read('b-1-1', 'env', 100)).toString()).toBe('b=1\n');
    expect(await host.read('b-1-1', 'output', 100)).toHaveLength(0);
  });

  it.each([
    ['the exit record is torn', '0', (): string => ''],
    ['the pid is now of a process with another start', undefined, (boot: string): string => `${process.pid} 12345 ${boot}\n`],
    ['the pid is of another boot', undefined, (): string => `${process.pid} ${readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ')[19]} another-boot\n`],
  ])('is cut short when %s', async (__, exit, line) => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const folder = host.journal('a-1-1');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'claim'), line(boot));
    if (exit !== undefined) writeFileSync(join(folder, 'exit'), exit);
    expect(await host.state('a-1-1')).toBe('cut short');
    expect((await follow('a-1-1')).end).toBe('cut short');
    expect(await host.stop('a-1-1', AT_ONCE)).toEqual([]);
  });

  it.each([
    ['minds SIGINT', 'trap "exit 9" INT; echo $$ >>mine; while :; do sleep 0.05; done', 9],
    ['ignores SIGINT and SIGTERM', 'trap "" INT TERM; echo $$ >>mine; while :; do sleep 1; done', undefined],
    ['has a grandchild in a session of its own', '(setsid sh -c "trap \'\' INT TERM; echo \\$\\$ >>mine; while :; do sleep 1; done" &); sleep 300', undefined],
    ['has a grandchild with an empty environment', '(env -i sh -c "trap \'\' INT TERM; echo \\$\\$ >>mine; while :; do /bin/sleep 1; done" &); sleep 300', undefined],
    ['starts children without end', 'trap "" INT TERM; echo $$ >>mine; while :; do sleep 0.01 & done', undefined],
  ])('leaves nothing when it is stopped and %s, and leaves what an earlier step started', async (__, script, code) => {
    await run('before-1-1', 'sleep 300 >/dev/null 2>&1 & echo $! >other\n');
    await host.start(step('a-1-1', `${script}\n`));
    await appears('mine');
    expect(await host.stop('a-1-1', code === undefined ? QUICK_STOP : { ...QUICK_STOP, interruptMs: 20_000 })).toEqual([]);
    expect(isRunning(lines('mine')[0])).toBe(false);
    expect(isRunning(lines('other')[0])).toBe(true);
    if (code !== undefined) expect((await follow('a-1-1')).end).toEqual({ exitCode: code });
    expect((await run('after-1-1', 'true\n')).end).toEqual({ exitCode: 0 });
  });

  it('leaves nothing when its job ends', async () => {
    await run('a-1-1', '(setsid sleep 300 & echo $! >>all)\n(env -i sleep 300 & echo $! >>all)\nsleep 300 & echo $! >>all\n');
    await host.start(step('b-1-1', 'echo $$ >>all; trap "" INT TERM; while :; do sleep 1; done\n'));
    await waitFor(() => (lines('all').length === 4 ? true : undefined), SOON);
    expect(lines('all').map(isRunning)).toEqual([true, true, true, true]);
    expect(await host.end(QUICK_STOP)).toEqual([]);
    expect(lines('all').map(isRunning)).toEqual([false, false, false, false]);
  });

  it('is refused where its journal cannot be kept, or with a name that is no folder', async () => {
    await expect(host.start(step('../up', 'true\n'))).rejects.toBeInstanceOf(InvalidInputError);
    await expect(host.start(step('..', 'true\n'))).rejects.toBeInstanceOf(InvalidInputError);
    mkdirSync(join(base, 'job'), { recursive: true });
    rmSync(job.steps, { recursive: true, force: true });
    writeFileSync(job.steps, '');
    await expect(host.start(step('a-1-1', 'true\n'))).rejects.toBeInstanceOf(PermanentError);
    rmSync(job.steps);
  });
});
