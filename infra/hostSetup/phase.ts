/**
 * One script of the set-up on one host, in the journal that steps have (`script/journal.ts`).
 *
 * 1. A connection that is lost ends nothing: the next try of the same run finds the script still running, or its end.
 * 2. One that failed, or was cut short with its host, is started again: every script is safe to repeat.
 */
import { createHash } from 'node:crypto';
import type { RunId } from '../../language/ids.js';
import { CommandError, TransientError } from '../errors.js';
import type { ProgressListener } from '../progressListener.js';
import type { StepHost } from '../script/host.js';
import { openTransportHost } from '../script/sshHost.js';
import type { Transport } from '../transport.js';
import { asRoot } from './asRoot.js';

/** Gone when the host boots, as what runs in it. */
const BASE = '/run/fleetwright-setup';
const JOB = { workspace: BASE, temp: `${BASE}/temp`, steps: `${BASE}/steps` };
const MOST_TRIES = 50;
/** Of what a script said, in the error when it fails. Characters. */
const LAST_WORDS = 3000;

export interface Phase {
  /** `install`, ...: for messages, and for the journal. */
  readonly name: string;
  /** Its text, for bash. */
  readonly script: string;
  readonly run: RunId;
  readonly environment: Readonly<Record<string, string>>;
  readonly onProgress: ProgressListener;
  readonly signal: AbortSignal;
}

/**
 * Runs the script as root.
 * @returns what it printed @throws CommandError when it fails, with the end of that; TransientError when the host is lost; the signal's reason, and the script goes on
 */
export async function runPhase(machine: Transport, phase: Phase): Promise<string> {
  const { name: what, script, run, environment, onProgress, signal } = phase;
  const host = openTransportHost({ transport: asRoot(machine), job: JOB });
  const key = createHash('sha256').update(JSON.stringify([run, script, environment])).digest('hex').slice(0, 12);
  for (let number = 1; number <= MOST_TRIES; number += 1) {
    const name = `${what}-${key}-${number}`;
    const before = await host.state(name);
    if (before === 'cut short') continue;
    if (before === 'absent') await host.start({ name, script, environment, path: [], workingDirectory: '/' });
    if (before === 'running') onProgress(`${what} still runs: it is followed`);
    const said = await followed(host, name, onProgress, signal);
    if (said.exitCode === 0) return said.output;
    if (before !== 'ended') throw new CommandError([what], said.exitCode, said.output.slice(-LAST_WORDS));
  }
  throw new TransientError(`${what} was tried ${MOST_TRIES} times by the same run`);
}

/** Waits for whatever script still runs on the host, as one whose run was cancelled: `remove` comes after it. */
export async function awaitPhases(machine: Transport, signal: AbortSignal): Promise<void> {
  const root = asRoot(machine);
  const host = openTransportHost({ transport: root, job: JOB });
  const { stdout } = await root.exec(['sh', '-c', 'ls -- "$1" 2>/dev/null || true', 'sh', JOB.steps], { timeoutMs: 30_000 });
  for (const name of stdout.split('\n').filter((line) => /^\w+-[0-9a-f]{12}-\d+$/.test(line))) {
    if ((await host.state(name)) === 'running') await host.follow(name, 0, () => undefined, signal);
  }
}

/** Removes the journals. */
export async function forgetPhases(machine: Transport): Promise<void> {
  await asRoot(machine).exec(['rm', '-rf', '--', BASE], { timeoutMs: 30_000 });
}

async function followed(host: StepHost, name: string, onProgress: ProgressListener, signal: AbortSignal): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  let [output, line] = ['', ''];
  const end = await host.follow(name, 0, (chunk) => {
    output = (output + chunk.toString()).slice(-1024 * 1024);
    const lines = (line + chunk.toString()).split('\n');
    line = lines.pop() ?? '';
    for (const one of lines) onProgress(one);
  }, signal);
  if (line !== '') onProgress(line);
  return { exitCode: end === 'cut short' ? null : end.exitCode, output };
}
