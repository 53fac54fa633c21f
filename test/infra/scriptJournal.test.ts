import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localTransport } from '../../infra/process.js';
import { commandFile } from '../../infra/script/commandFile.js';
import { fileEnvironment } from '../../infra/script/environment.js';
import { jobFolder, type JobFolder } from '../../infra/script/folders.js';
import { followTry, launchTry, prepareStep, readEnvironmentFile, scriptPath, type TryEnd } from '../../infra/script/journal.js';
import { FOLLOW } from '../../infra/script/programs.js';
import { shellArgv } from '../../infra/script/shell.js';
import { processFolder } from '../../infra/script/stepFiles.js';
import { stepProcesses, stopTry } from '../../infra/script/stop.js';
import type { Transport } from '../../infra/transport.js';
import { waitFor } from '../../infra/wait.js';
import { crashStep } from './fixtures/crashStep.js';

const follower = new URL('fixtures/followScript.ts', import.meta.url).pathname;
const NAME = 'step-1-1';
const QUICK_STOP = { interruptMs: 300, terminateMs: 300, killMs: 5000 };
const SOON = { timeoutMs: 20_000, intervalMs: 20 };

let base: string;
let job: JobFolder;
let folder: string;
let transport: Transport;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'fleetwright-script-'));
  job = jobFolder(base, 'job');
  folder = processFolder(job, NAME);
  transport = localTransport();
});

afterEach(async () => {
  if (existsSync(folder)) await stopTry(transport, folder, { interruptMs: 0, terminateMs: 0, killMs: 5000 });
  rmSync(base, { recursive: true, force: true });
});

async function prepare(script: string, options: { readonly env?: Record<string, string>; readonly shell?: string; readonly name?: string } = {}): Promise<void> {
  const name = options.name ?? NAME;
  const own = processFolder(job, name);
  const environment = { CI: 'true', ...options.env, GITHUB_WORKSPACE: job.workspace, RUNNER_TEMP: job.temp, ...fileEnvironment(own) };
  const argv = shellArgv(options.shell, scriptPath(own));
  const command = commandFile({ environment, path: [], workingDirectory: job.workspace, script: scriptPath(own), argv });
  await prepareStep(transport, job, own, { script, command });
}

async function run(script: string, options: Parameters<typeof prepare>[1] = {}): Promise<{ end: TryEnd; log: Buffer }> {
  await prepare(script, options);
  await launchTry(transport, folder);
  return follow();
}

async function follow(from = 0): Promise<{ end: TryEnd; log: Buffer }> {
  const chunks: Buffer[] = [];
  const end = await followTry(transport, folder, from, (chunk) => void chunks.push(chunk));
  return { end, log: Buffer.concat(chunks) };
}

const file = (name: string): string => join(job.workspace, name);
const lines = (name: string): string[] => (existsSync(file(name)) ? readFileSync(file(name), 'utf8').trim().split('\n') : []);
const appears = (name: string): Promise<true | undefined> => waitFor(() => (lines(name)[0] ? true : undefined), SOON);

describe('a script', () => {
  it('runs in the workspace, without input, and gives its output and exit code', async () => {
    const { end, log } = await run('pwd; cat; echo "to stderr" >&2; exit 7\n');
    expect(log.toString()).toBe(`${job.workspace}\nto stderr\n`);
    expect(end).toEqual({ exitCode: 7 });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'command')).mode & 0o777).toBe(0o600);
  });

  it('stops at the first command that fails, and in bash also inside a pipe', async () => {
    expect((await run('false\necho on\n')).log.toString()).toBe('');
    folder = processFolder(job, 'step-1-2');
    const piped = await run('false | true\necho on\n', { shell: 'bash', name: 'step-1-2' });
    expect(piped.end).toEqual({ exitCode: 1 });
  });

  it("finds the step's variables and nothing of the worker's own but the basics", async () => {
    vi.stubEnv('TEMPORAL_API_KEY', 'very-secret');
    vi.stubEnv('MINE', "the worker's");
    const { log } = await run('env; umask; ps -o args= -p $PPID; cat /proc/$PPID/environ | tr "\\0" "\\n"\n', { env: { MINE: "the step's", 'IN-PUT': 'dashed' } });
    vi.unstubAllEnvs();
    const text = log.toString();
    expect(text).not.toContain('very-secret');
    expect(text).toContain("MINE=the step's\n");
    expect(text).toContain('IN-PUT=dashed\n');
    expect(text).toContain(`PATH=${process.env['PATH']}\n`);
    expect(text).toContain(`GITHUB_WORKSPACE=${job.workspace}\n`);
    const names = text.split('\n').flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(names.filter((name) => !/^(GITHUB_|RUNNER_|LC_)|^(CI|MINE|FLEETWRIGHT_STEP|PATH|HOME|USER|LOGNAME|SHELL|LANG|TERM|TZ|PWD|OLDPWD|SHLVL|_)$/.test(name))).toEqual([]);
    expect(text).toContain(`\n${process.umask().toString(8).padStart(4, '0')}\n`);
  });

  it('hands over what it writes to its environment files', async () => {
    await run('{ echo "a=1"; echo "many<<EOF"; echo one; echo two; echo EOF; } >>"$GITHUB_OUTPUT"\necho B=2 >>"$GITHUB_ENV"\n');
    expect((await readEnvironmentFile(transport, folder, 'output', 1000)).toString()).toBe('a=1\nmany<<EOF\none\ntwo\nEOF\n');
    expect((await readEnvironmentFile(transport, folder, 'env', 3)).toString()).toBe('B=2');
    expect((await readEnvironmentFile(transport, folder, 'path', 1000)).toString()).toBe('');
  });

  it('keeps bytes that are no UTF-8 as they are', async () => {
    const { log } = await run(String.raw`printf '\377\000\303(' `);
    expect(log).toEqual(Buffer.from([0xff, 0, 0xc3, 0x28]));
  });

  it('can trap SIGINT, as it could on a terminal', async () => {
    const { log } = await run('trap "echo caught" INT; kill -INT $$; echo on\n');
    expect(log.toString()).toBe('caught\non\n');
  });

  it('is told as the shell tells it when a signal ends it', async () => {
    expect((await run('kill -KILL $$\n')).end).toEqual({ exitCode: 137 });
  });
});

describe('the log', () => {
  it('of 50 MB is given whole and in bounded memory', async () => {
    await prepare('head -c 50000000 /dev/zero | tr "\\0" "x"\n');
    await launchTry(transport, folder);
    let [bytes, largest, peak] = [0, 0, 0];
    const before = process.memoryUsage.rss();
    const end = await followTry(transport, folder, 0, (chunk) => {
      bytes += chunk.length;
      largest = Math.max(largest, chunk.length);
      peak = Math.max(peak, process.memoryUsage.rss());
    });
    expect(end).toEqual({ exitCode: 0 });
    expect(bytes).toBe(50_000_000);
    expect(largest).toBeLessThanOrEqual(1024 * 1024);
    expect(peak - before).toBeLessThan(60_000_000);
  });

  it('is given from the byte that is asked for', async () => {
    await run('echo 0123456789\n');
    expect((await follow(4)).log.toString()).toBe('456789\n');
    expect((await follow(11)).log.toString()).toBe('');
  });

  it('that cannot be kept ends the following with that error', async () => {
    await prepare('echo something; sleep 30\n');
    await launchTry(transport, folder);
    await expect(followTry(transport, folder, 0, () => { throw new Error('no space'); })).rejects.toThrow('no space');
  });
});

describe('a step ends when its own process ends', () => {
  it('although a background child holds its output open', async () => {
    const { end, log } = await run('sleep 300 & echo $! >child; echo started\n');
    expect(end).toEqual({ exitCode: 0 });
    expect(log.toString()).toBe('started\n');
    expect(await stepProcesses(transport, folder)).toEqual([Number(lines('child')[0])]);
  });

  it('although a background child prints without end', async () => {
    const { end } = await run('while :; do echo more; done & echo started\nsleep 0.2\n');
    expect(end).toEqual({ exitCode: 0 });
  });
});

describe('a step is started once', () => {
  it('by twelve launchers at the same time', async () => {
    await prepare('echo run >>ledger; sleep 0.3\n');
    await Promise.all(Array.from({ length: 12 }, () => launchTry(transport, folder)));
    expect((await follow()).end).toEqual({ exitCode: 0 });
    await launchTry(transport, folder);
    expect(lines('ledger')).toEqual(['run']);
  });

  it('and followed again, the same process, after the kill -9 of who followed it', async () => {
    const script = join(base, 'script.sh');
    writeFileSync(script, 'echo $$ >>"$GITHUB_WORKSPACE/ledger"\necho before\nwhile [ ! -e "$GITHUB_WORKSPACE/go" ]; do sleep 0.05; done\necho "pid $$"\n');
    for (const _ of [1, 2]) {
      const worker = spawn(process.execPath, ['--import', 'tsx', follower, base, script], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => worker.stdout?.once('data', resolve));
      worker.kill('SIGKILL');
    }
    writeFileSync(file('go'), '');
    const { end, log } = await follow();
    expect(end).toEqual({ exitCode: 0 });
    expect(lines('ledger')).toHaveLength(1);
    expect(log.toString()).toBe(`before\npid ${lines('ledger')[0]}\n`);
    expect(readFileSync(join(folder, 'claim'), 'utf8').split('\n')[1]).toMatch(new RegExp(`^${lines('ledger')[0]} `));
  });

  it('and its followers end with those who read them', async () => {
    await prepare('sleep 300\n');
    await launchTry(transport, folder);
    const readers = new AbortController();
    const following = followTry(transport, folder, 0, () => undefined, readers.signal);
    const commandLine = (pid: string): string[] => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      } catch {
        return [];
      }
    };
    const followers = (): number => readdirSync('/proc').filter((pid) => {
      const words = commandLine(pid);
      return words[2] === FOLLOW && words.includes(folder);
    }).length;
    await waitFor(() => (followers() === 1 ? true : undefined), SOON);
    readers.abort(new Error('enough'));
    await expect(following).rejects.toThrow('enough');
    expect(await waitFor(() => (followers() === 0 ? true : undefined), SOON)).toBe(true);
  });
});

describe('a step that was cut short', () => {
  /** A `setsid` that stops between the claim and the fork, where no process of the step's own is there yet. */
  function stoppingLauncher(): Transport {
    const bin = join(base, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'setsid'), '#!/bin/sh\n[ "$2" = true ] && exit\nkill -STOP $$\nexec /usr/bin/setsid "$@"\n');
    chmodSync(join(bin, 'setsid'), 0o755);
    return { ...transport, exec: (argv, options) => transport.exec(['env', `PATH=${bin}:${process.env['PATH']}`, ...argv], options) };
  }
  const stoppedLauncher = async (): Promise<number> => {
    await waitFor(() => (existsSync(join(folder, 'claim')) ? true : undefined), SOON);
    return (await waitFor(async () => (await stepProcesses(transport, folder))[0], SOON))!;
  };

  it('between the claim and the fork is told so, and not run by a later launch', async () => {
    await prepare('echo run >>ledger\n');
    const launching = launchTry(stoppingLauncher(), folder).catch((error: Error) => error);
    const pid = await stoppedLauncher();
    process.kill(pid, 'SIGKILL');
    expect(await launching).toBeInstanceOf(Error);
    await launchTry(transport, folder);
    expect((await follow()).end).toBe('cut short');
    expect(lines('ledger')).toEqual([]);
  });

  it('is told from one whose launcher is only slow', async () => {
    await prepare('echo run >>ledger\n');
    const launching = launchTry(stoppingLauncher(), folder);
    const pid = await stoppedLauncher();
    await launchTry(transport, folder);
    const following = follow();
    const first = await Promise.race([following, new Promise((resolve) => setTimeout(resolve, 500, 'still waiting'))]);
    expect(first).toBe('still waiting');
    process.kill(pid, 'SIGCONT');
    await launching;
    expect((await following).end).toEqual({ exitCode: 0 });
    expect(lines('ledger')).toEqual(['run']);
  });

  it('by the end of all its processes is told so, with what it had printed', async () => {
    await prepare('echo before; echo $$ >mine; sleep 300\n');
    await launchTry(transport, folder);
    await appears('mine');
    await crashStep(folder);
    const { end, log } = await follow();
    expect(end).toBe('cut short');
    expect(log.toString()).toBe('before\n');
  });

  it('when the exit record is torn, or the pid belongs to another process now', async () => {
    await prepare('exit 0\n');
    writeFileSync(join(folder, 'exit'), '0');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeFileSync(join(folder, 'claim'), `${process.pid} 12345 ${boot}\n${process.pid} 12345 another-boot\n`);
    expect((await follow()).end).toBe('cut short');
    expect(await stepProcesses(transport, folder)).toEqual([]);
  });

  it('when only who keeps the record died, but not before its own process has ended', async () => {
    await prepare('echo $$ >mine; while [ ! -e go ]; do sleep 0.05; done; echo last\n');
    await launchTry(transport, folder);
    await appears('mine');
    process.kill(Number(readFileSync(join(folder, 'claim'), 'utf8').split(' ')[0]), 'SIGKILL');
    const following = follow();
    writeFileSync(file('go'), '');
    const { end, log } = await following;
    expect([end, log.toString()]).toEqual(['cut short', 'last\n']);
  });
});

describe('a step that is stopped', () => {
  const left = (): Promise<readonly number[]> => stepProcesses(transport, folder);

  it('ends at once when it minds SIGINT, and says so in its exit code', async () => {
    await prepare('trap "echo tidy; exit 9" INT; echo $$ >mine; while :; do sleep 0.05; done\n');
    await launchTry(transport, folder);
    await appears('mine');
    expect(await stopTry(transport, folder, { interruptMs: 20_000, terminateMs: 20_000, killMs: 1 })).toEqual([]);
    expect(await follow()).toMatchObject({ end: { exitCode: 9 }, log: Buffer.from('tidy\n') });
  });

  it.each([
    ['ignores SIGINT and SIGTERM', 'trap "" INT TERM; echo $$ >>mine; while :; do sleep 1; done'],
    ['is in a session of its own', 'setsid sh -c "trap \'\' INT TERM; echo \\$\\$ >>mine; while :; do sleep 1; done" & wait'],
    ['has left its session and its parent', '(setsid sh -c "trap \'\' INT; echo \\$\\$ >>mine; exec sleep 300" &); sleep 300'],
    ['has cleared its environment', 'env -i sh -c "trap \'\' INT TERM; echo \\$\\$ >>mine; while :; do /bin/sleep 1; done" & wait'],
    ['has cleared its environment in a session of its own', 'env -i setsid -w sh -c "trap \'\' INT TERM; echo \\$\\$ >>mine; while :; do /bin/sleep 1; done"'],
    ['starts children without end', 'trap "" INT TERM; echo $$ >>mine; while :; do sleep 0.01 & done'],
  ])('leaves nothing of a child that %s', async (_, script) => {
    await prepare(`${script}\n`);
    await launchTry(transport, folder);
    await appears('mine');
    expect(await stopTry(transport, folder, QUICK_STOP)).toEqual([]);
    expect(await left()).toEqual([]);
    expect(existsSync(`/proc/${lines('mine')[0]}/stat`) && !/\) Z /.test(readFileSync(`/proc/${lines('mine')[0]}/stat`, 'utf8'))).toBe(false);
  });

  it('leaves the other steps of its job alone', async () => {
    const other = 'other-1-1';
    await prepare('echo $$ >other; sleep 300\n', { name: other });
    await launchTry(transport, processFolder(job, other));
    await prepare('echo $$ >mine; sleep 300\n');
    await launchTry(transport, folder);
    await appears('other');
    await appears('mine');
    await stopTry(transport, folder, QUICK_STOP);
    expect(await stepProcesses(transport, processFolder(job, other))).toContain(Number(lines('other')[0]));
    await stopTry(transport, processFolder(job, other), QUICK_STOP);
  });
});

describe('a journal', () => {
  it('cannot be kept where nothing can be written, and the reason is told', async () => {
    job = { ...job, steps: '/proc/steps' };
    await expect(prepareStep(transport, job, processFolder(job, NAME), { script: '', command: '' })).rejects.toThrow(/journal.*\/proc/s);
  });
});
