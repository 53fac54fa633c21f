/** What the bench measures of ours alone: act has nothing like it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { daemonStatus } from '../../infra/daemon.js';
import { SERVER_DAEMON } from '../../infra/temporal/devServer.js';
import { WORKER_DAEMON, workerIsReady } from '../../infra/temporal/worker.js';
import { waitFor } from '../../infra/wait.js';

const LONG = { timeoutMs: 300_000, intervalMs: 20 };

/** What worker and server have resident now, added, in bytes. */
function residentBytes(): number {
  return [WORKER_DAEMON, SERVER_DAEMON].reduce((sum, name) => {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${daemonStatus(name)?.pid ?? 0}/status`, 'utf8')) ?? [];
    return sum + Number(kibibytes) * 1024;
  }, 0);
}

/** The most that worker and server have resident while something is done, added, in bytes, looked at ten times a second. */
export async function peakWhile(act: () => Promise<unknown>): Promise<number> {
  let peak = residentBytes();
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes());
  }, 100);
  try {
    await act();
  } finally {
    clearInterval(timer);
  }
  return peak;
}

/** Seconds from when a command is typed that runs the file `first` to the start of its step, which writes that moment to the file `at`. */
export async function firstStepAfter(command: readonly string[], at: string): Promise<number> {
  const typed = Date.now() / 1000;
  const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore' });
  const [code] = await once(child, 'exit') as [number | null];
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  return Number(readFileSync(at, 'utf8')) - typed;
}

export interface KillFiles {
  /** Begins a run of a job of many steps. */
  readonly run: readonly string[];
  /** Any command that brings a worker back. */
  readonly back: readonly string[];
  /** A step of the run appends a line to it. */
  readonly ledger: string;
}

/**
 * Kills the worker with SIGKILL in the middle of a run, and lets another one be started.
 * @returns seconds from the moment at which the new worker polls to the start of the next step
 */
export async function nextStepAfterKill({ run, back, ledger }: KillFiles): Promise<number> {
  const started = spawn(run[0]!, run.slice(1), { stdio: 'ignore' });
  const over = once(started, 'exit');
  const lines = (): number => (existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').length : 0);
  if (!await waitFor(() => (lines() > 20 ? true : undefined), LONG)) throw new Error('the run does not begin');
  process.kill(daemonStatus(WORKER_DAEMON)!.pid, 'SIGKILL');
  await waitFor(() => (daemonStatus(WORKER_DAEMON) === undefined ? true : undefined), LONG);
  await new Promise((resolve) => setTimeout(resolve, 300)); // the step that outlives the worker writes its line
  const before = lines();
  const helper = spawn(back[0]!, back.slice(1), { stdio: 'ignore' });
  await waitFor(() => (workerIsReady() ? true : undefined), LONG);
  const since = performance.now();
  if (!await waitFor(() => (lines() > before ? true : undefined), LONG)) throw new Error('no step is started after the kill');
  const seconds = (performance.now() - since) / 1000;
  await Promise.all([over, helper.exitCode === null ? once(helper, 'exit') : undefined]);
  return seconds;
}
