/** Ends a step's process and all that it started, politely at first, as GitHub's runner does. */
import { TransientError } from '../errors.js';
import type { Transport } from '../transport.js';
import { waitFor } from '../wait.js';
import { FOLLOWED, SIGNAL, SIGNAL_JOB, STATE } from './programs.js';

/** Milliseconds. GitHub's are the defaults. */
export interface StopTimes {
  /** From SIGINT to SIGTERM. @default 7500 */
  readonly interruptMs: number;
  /** From SIGTERM to SIGKILL. @default 2500 */
  readonly terminateMs: number;
  /** How long what was killed may take to be gone. @default 5000 */
  readonly killMs: number;
}

export const STOP_TIMES: StopTimes = { interruptMs: 7500, terminateMs: 2500, killMs: 5000 };

/** `0`: only to look. */
export type Signal = 'INT' | 'TERM' | 'KILL' | '0';

/** What is to be ended: a step's processes, or those of a job. */
export interface Stoppable {
  /** Sends a signal to all that is there. @returns their pids */
  send(signal: Signal): Promise<readonly number[]>;
  /** Whether what minds SIGINT still works on its end. */
  isRunning(): Promise<boolean>;
}

/** As `stopTry`, of whatever it is. */
export async function stopAll(what: Stoppable, times: StopTimes): Promise<readonly number[]> {
  const gone = async (signal: Signal): Promise<true | undefined> => ((await what.send(signal)).length === 0 ? true : undefined);
  if (await gone('INT')) return [];
  await waitFor(async () => (await what.isRunning()) ? undefined : true, { timeoutMs: times.interruptMs });
  if (await gone('TERM')) return [];
  if (await waitFor(() => gone('0'), { timeoutMs: times.terminateMs })) return [];
  if (await waitFor(() => gone('KILL'), { timeoutMs: times.killMs, intervalMs: 50 })) return [];
  return what.send('0');
}

/**
 * SIGINT to all that the step started; when its own process has ended, or after `interruptMs`, SIGTERM to what is left; at last SIGKILL,
 * until nothing is left. A no-op when nothing runs.
 * @returns pids of what could not be ended (it waits in the kernel, or belongs to another user)
 * @throws TransientError when the runner cannot be reached
 */
export async function stopTry(transport: Transport, folder: string, times: StopTimes = STOP_TIMES): Promise<readonly number[]> {
  const known = new Set<string>();
  return stopAll({ send: (signal) => send(transport, folder, signal, known), isRunning: () => isRunning(transport, folder) }, times);
}

/** Ends all that is left of any step of the job whose folder of journals is `steps`, as `stopTry`. */
export function stopJob(transport: Transport, steps: string, times: StopTimes = STOP_TIMES): Promise<readonly number[]> {
  const known = new Set<string>();
  const to = (signal: Signal): Promise<readonly number[]> => send(transport, steps, signal, known, SIGNAL_JOB);
  return stopAll({ send: to, isRunning: async () => (await to('0')).length > 0 }, times);
}

/** The pids of all that the step started and that still runs. */
export function stepProcesses(transport: Transport, folder: string): Promise<readonly number[]> {
  return send(transport, folder, '0', new Set());
}

/** @param known what was found before, and then also what is found now: `PID/START` */
async function send(transport: Transport, folder: string, signal: Signal, known: Set<string>, program = SIGNAL): Promise<readonly number[]> {
  const argv = ['sh', '-c', program, 'sh', folder, signal, ...known];
  const { exitCode, stdout, stderr } = await transport.exec(argv, { timeoutMs: 30_000 });
  if (exitCode !== 0) throw new TransientError(`the step's processes could not be listed: ${stderr.trim().slice(-500)}`);
  const found = stdout.trim().split(' ').filter(Boolean);
  known.clear();
  for (const process of found) known.add(process);
  return found.map((process) => Number.parseInt(process, 10));
}

async function isRunning(transport: Transport, folder: string): Promise<boolean> {
  const { exitCode } = await transport.exec(['sh', '-c', STATE, 'sh', folder], { timeoutMs: 30_000 });
  return exitCode === FOLLOWED.running;
}
