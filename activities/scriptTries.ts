/**
 * The tries of a `run:` step, on a runner that is reached: which one to start or follow, what its end means, and when to give up.
 *
 * 1. A try without its mark of failure is followed, never started again; the next try starts only when the one before has its mark.
 * 2. The mark is written before the failure is told: whatever dies between the two, the step is not tried once more than it may be.
 * 3. A step that is cancelled or late is marked before it is ended, so nobody goes on with it.
 */
import { PermanentError } from '../infra/errors.js';
import { commandFile } from '../infra/script/commandFile.js';
import { stepEnvironment } from '../infra/script/environment.js';
import { jobFolder, tryFolder, type JobFolder, type TryName } from '../infra/script/folders.js';
import { openFollowedTo, type FollowedTo } from '../infra/script/followedTo.js';
import { followTry, launchTry, listTries, markFailed, prepareTry, readMark, scriptPath, whyNotWritable, type TryEnd, type TryState } from '../infra/script/journal.js';
import { shellArgv } from '../infra/script/shell.js';
import { stopTry, type StopTimes } from '../infra/script/stop.js';
import { followedToPath, type StepLog } from '../infra/logStore.js';
import type { Transport } from '../infra/transport.js';
import type { ScriptInput, ScriptResult } from './contract.js';
import { scriptFailure } from './failures.js';
import { isLost } from './scriptRunner.js';
import { lastLines, readHandOver, type HandOver } from './scriptResult.js';

/** A script to run: `run-script`'s input, or what `undo-script` makes of its own. */
export interface ScriptWork extends ScriptInput {
  /** The step's folder name among the journals of its job. */
  readonly journal: string;
}

export interface ScriptAttendance {
  /** Aborted when the step is to stop. */
  readonly signal: AbortSignal;
  /** Whether that means the script too: not when only this worker ends, or another one has the step in hand. */
  readonly endsScript: () => boolean;
  readonly log: StepLog;
  readonly stopTimes: StopTimes;
}

/** What a mark of failure says. */
interface Mark {
  readonly message: string;
  /** No further try, whatever `retry` says. */
  readonly final: boolean;
  /** It was ended by us: make sure that nothing is left of it. */
  readonly stopped: boolean;
}

/** How long the rest of the log of a script that was ended may take. */
const DRAIN_MS = 10_000;

/** @throws ApplicationFailure when the step has failed; TransientError when the runner is lost; the signal's reason */
export async function runTries(work: ScriptWork, transport: Transport, base: string, attendance: ScriptAttendance): Promise<ScriptResult> {
  const job = jobFolder(base, work.job);
  const tries = await listTries(transport, job, work.journal);
  await endStrays(work, transport, job, tries, attendance);
  const name = await chooseTry(work, transport, job, tries, attendance);
  const folder = tryFolder(job, name);
  if (!tries.some((one) => one.claimed && tryFolder(job, one) === folder)) {
    attendance.signal.throwIfAborted();
    await startTry(work, transport, job, name);
  }
  const at = openFollowedTo(followedToPath(work.run, work.step, `${name.step}-${name.attempt}-${name.number}`, work.job));
  try {
    const end = await followOrStop(transport, folder, at, attendance);
    return await conclude(work, transport, folder, name.number, end, attendance);
  } finally {
    at.close();
  }
}

/** Ends what is left of a step whose run is to stop, when nobody could be followed any more. @throws TransientError */
export async function stopTries(work: ScriptWork, transport: Transport, base: string, attendance: ScriptAttendance): Promise<void> {
  const job = jobFolder(base, work.job);
  for (const one of await listTries(transport, job, work.journal)) {
    if (one.claimed && !one.ended) await stopAndMark(transport, tryFolder(job, one), attendance);
  }
}

/** Scripts of earlier run attempts, or undos, that a crash left alone: two runs of one step at a time would be worse than none. */
async function endStrays(work: ScriptWork, transport: Transport, job: JobFolder, tries: readonly TryState[], attendance: ScriptAttendance): Promise<void> {
  for (const one of tries) {
    if (one.attempt < work.attempt && one.claimed && !one.ended && !one.failed) await stopAndMark(transport, tryFolder(job, one), attendance);
  }
}

async function chooseTry(
  work: ScriptWork, transport: Transport, job: JobFolder, tries: readonly TryState[], attendance: ScriptAttendance,
): Promise<TryName> {
  const latest = tries.findLast((one) => one.attempt === work.attempt);
  if (!latest) return { step: work.journal, attempt: work.attempt, number: 1 };
  if (!latest.failed) return latest;
  const mark = parseMark(await readMark(transport, tryFolder(job, latest)));
  if (mark.stopped) await stopTry(transport, tryFolder(job, latest), attendance.stopTimes);
  if (mark.final || latest.number >= work.limits.maxAttempts) throw scriptFailure(mark.message, true);
  attendance.log.line(`try ${latest.number + 1} of ${work.limits.maxAttempts}`);
  return { ...latest, number: latest.number + 1 };
}

async function startTry(work: ScriptWork, transport: Transport, job: JobFolder, name: TryName): Promise<void> {
  const folder = tryFolder(job, name);
  const script = scriptPath(folder);
  const [jobId = '', step = ''] = work.step.split('/');
  const { run, attempt, runsOn, path } = work;
  const command = commandFile({
    environment: stepEnvironment({ run, attempt, runsOn, job: jobId, step }, job, folder, work.env),
    path,
    workingDirectory: work.workingDirectory?.startsWith('/') ? work.workingDirectory : `${job.workspace}/${work.workingDirectory ?? ''}`,
    script,
    argv: shellArgv(work.shell, script),
  });
  await prepareTry(transport, job, name, { script: `${work.script}\n`, command });
  await launchTry(transport, folder);
}

async function followOrStop(transport: Transport, folder: string, at: FollowedTo, attendance: ScriptAttendance): Promise<TryEnd> {
  const { signal, log } = attendance;
  const copy = (chunk: Buffer): void => {
    try {
      log.write(chunk);
      at.add(chunk.length);
    } catch (error) {
      throw new PermanentError(`the step's log cannot be written: ${(error as Error).message}`, 'Make room on the disk of the worker.', { cause: error });
    }
  };
  try {
    return await followTry(transport, folder, at.bytes, copy, signal);
  } catch (error) {
    if ((isLost(error) && !signal.aborted) || (signal.aborted && !attendance.endsScript())) throw error;
    await stopAndMark(transport, folder, attendance, error);
    if (signal.aborted) await followTry(transport, folder, at.bytes, copy, AbortSignal.timeout(DRAIN_MS)).catch(() => undefined);
    throw error;
  }
}

async function stopAndMark(transport: Transport, folder: string, { signal, log, stopTimes }: ScriptAttendance, why?: unknown): Promise<void> {
  const reason: unknown = why ?? (signal.aborted ? signal.reason : 'the run went on without it');
  await mark(transport, folder, { message: `it was stopped: ${text(reason)}`, final: true, stopped: true }).catch((error: unknown) => {
    if (isLost(error)) throw error;
    // A full disk is no reason to leave it running.
    log.line(`not marked as stopped: ${text(error)}`);
  });
  const left = await stopTry(transport, folder, stopTimes);
  if (left.length > 0) log.line(`could not be ended: processes ${left.join(', ')}`);
}

/** From how the process ended to the step's result. */
async function conclude(
  work: ScriptWork, transport: Transport, folder: string, number: number, end: TryEnd, attendance: ScriptAttendance,
): Promise<ScriptResult> {
  if (end === 'cut short') await stopTry(transport, folder, attendance.stopTimes);
  const over = end === 'cut short' ? await cutShort(work, transport, folder) : undefined;
  const handOver = over === undefined ? await readHandOver(transport, folder) : undefined;
  const failure = over ?? handOver?.problem ?? (end !== 'cut short' && end.exitCode !== 0 ? `the script exited with ${end.exitCode}` : undefined);
  if (failure === undefined) return result(handOver);
  const message = `${failure}${await lastLines(transport, folder)}`;
  const refused = end !== 'cut short' && work.nonRetryableExitCodes.includes(end.exitCode);
  const final = refused || number >= work.limits.maxAttempts;
  try {
    await mark(transport, folder, { message, final, stopped: false });
  } catch (error) {
    if (isLost(error)) throw error;
    throw scriptFailure(`${failure}\n  That could not be recorded, so there is no further try: ${text(error)}`, true);
  }
  // What a failed step handed over counts too, as on GitHub; a failure that is thrown could not carry it.
  if (final && handOver?.problem === undefined && handOver && !isEmpty(handOver)) {
    attendance.log.line(`failed: ${failure}`);
    return { ...result(handOver), failure: message };
  }
  throw scriptFailure(message, final);
}

async function cutShort(work: ScriptWork, transport: Transport, folder: string): Promise<string> {
  const why = await whyNotWritable(transport, folder);
  if (why !== undefined) return `the script's result is lost, since nothing can be written on ${work.runsOn}: ${why}`;
  return `the script was cut short: its process on ${work.runsOn} is gone and left no exit code, as when the machine stops. It is not run again unless the step's retry allows it`;
}

function result(handOver: HandOver | undefined): ScriptResult {
  return { outputs: handOver?.outputs ?? {}, env: handOver?.env ?? {}, path: handOver?.path ?? [] };
}

function text(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function isEmpty({ outputs, env, path }: HandOver): boolean {
  return Object.keys(outputs).length + Object.keys(env).length + path.length === 0;
}

function mark(transport: Transport, folder: string, content: Mark): Promise<void> {
  return markFailed(transport, folder, JSON.stringify(content));
}

function parseMark(text: string): Mark {
  try {
    const { message, final, stopped } = JSON.parse(text) as Partial<Mark>;
    return { message: String(message), final: final !== false, stopped: stopped === true };
  } catch {
    return { message: 'the script failed, and the record of why is unreadable', final: true, stopped: true };
  }
}
