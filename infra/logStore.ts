/** Logs by the address of a step alone, for jobs whose key is their id: see `log/store.ts` for what is behind it. */
import type { RunId, StepAddress } from '../language/ids.js';
import { fileLogStore, logFile } from './log/fileStore.js';
import type { StepLogId, StepLogWriter } from './log/store.js';

export type StepLog = Pick<StepLogWriter, 'line' | 'write' | 'close'>;

/** The file of a step's log; every attempt is appended to it. */
export function stepLogPath(run: RunId, step: StepAddress, job?: string): string {
  return logFile(idOf(run, step, job));
}

export function openStepLog(run: RunId, step: StepAddress, job?: string): StepLog {
  return fileLogStore().open(idOf(run, step, job));
}

const TIME_AND_MARK = /^(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?(?:##\[(?:group|endgroup|error|warning|notice|debug)\])?/;

/** The last line of a step's log that is not empty, without its time and its mark (`##[error]`); undefined when there is none. */
export function lastLogLine(run: RunId, step: StepAddress, job?: string): string | undefined {
  return lastLogLines(run, step, 1, job)[0];
}

/** The last `count` such lines. A line that begins before the last 4 KiB is cut. */
export function lastLogLines(run: RunId, step: StepAddress, count: number, job?: string): readonly string[] {
  const lines = logTail(run, step, 4096, job)?.split('\n').map((line) => line.replace(TIME_AND_MARK, '').trimEnd()) ?? [];
  return lines.filter((line) => line !== '').slice(-count);
}

/** The last bytes of a step's log, as text; undefined when there is none. */
export function logTail(run: RunId, step: StepAddress, bytes: number, job?: string): string | undefined {
  const store = fileLogStore();
  const id = idOf(run, step, job);
  return store.read(id, Math.max(0, store.size(id) - bytes), bytes)?.toString('utf8');
}

function idOf(run: RunId, step: StepAddress, job: string = step.split('/')[0]!): StepLogId {
  return { run, job, step };
}
