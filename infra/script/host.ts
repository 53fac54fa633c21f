/**
 * Where a job's steps run: the worker's own host, or a machine over SSH. A step's process is started once and outlives whoever started it;
 * its log, exit code and environment files stand in its journal on the host, so that the next worker follows it or reads its result.
 *
 * 1. A name is started at most once, however often and by however many it is asked for.
 * 2. What is gone without an exit record is `cut short`; it is never started again under its name.
 * 3. Whatever ends the waiting (`signal`), the process goes on until `stop`.
 */
import type { EnvironmentFile, TryEnd } from './journal.js';
import type { JobFolder } from './folders.js';
import type { StopTimes } from './stop.js';

/** One process of a step. */
export interface StepProcess {
  /** The folder of its journal among those of the job (`folderName`): `test-1-1`. */
  readonly name: string;
  /** Written to the journal as `script`, whose path is given to `argv`. @default none */
  readonly script?: string;
  /** The command; `undefined` for `bash -e SCRIPT`, or `sh -e SCRIPT` where the host has no bash. */
  readonly argv?: readonly string[] | undefined;
  /** The whole environment that the step gets beside what of the host's own is kept (PATH, HOME, ...). */
  readonly environment: Readonly<Record<string, string>>;
  /** Put before PATH, the first is searched first. */
  readonly path: readonly string[];
  /** Absolute. */
  readonly workingDirectory: string;
  /**
   * It may run as another user, as `container.options: --user` has it: whoever reaches the journal may read its script and leave environment files.
   * @default false
   */
  readonly asAnyUser?: boolean;
}

/** What there is of a step's process. */
export type ProcessState = 'absent' | 'running' | 'ended' | 'cut short';

export interface StepHost {
  /** The job's folders on the host, absolute. */
  readonly job: JobFolder;
  /** The folder of a process's journal on the host. */
  journal(name: string): string;
  /** Starts the process unless it was started before. Safe to repeat. @throws TransientError, PermanentError */
  start(process: StepProcess): Promise<void>;
  state(name: string): Promise<ProcessState>;
  /**
   * Gives the process's output (stdout and stderr in one) from byte `from` as it grows, until the step's own process has ended; a background
   * child that holds the output open does not keep the end away.
   * @throws the signal's reason; TransientError when the host is lost; PermanentError when the end could not be recorded, as on a full disk;
   * what `onChunk` throws
   */
  follow(name: string, from: number, onChunk: (chunk: Buffer) => void | Promise<void>, signal: AbortSignal): Promise<TryEnd>;
  /** An environment file's first `limit` bytes. Empty when the step left nothing. */
  read(name: string, file: EnvironmentFile, limit: number): Promise<Buffer>;
  /** SIGINT, SIGTERM, SIGKILL, to all that the process started, as `stopTry`. @returns pids of what could not be ended */
  stop(name: string, times: StopTimes): Promise<readonly number[]>;
  /** Removes what later steps do not need: the raw log and the scripts of an ended process. Its exit record stays. */
  forget(name: string): Promise<void>;
  /** At a job's end: nothing of the job is left running. @returns pids of what could not be ended */
  end(times: StopTimes): Promise<readonly number[]>;
  /** Removes the journals of all that has ended: at a job's end, when nothing of it can be asked for any more. They may hold secrets. */
  clear(): Promise<void>;
  /** Lets go of the host; processes go on. */
  close(): void;
}
