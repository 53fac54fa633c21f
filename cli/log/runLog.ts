/** A run's log on the screen: the logs of its jobs, line by line as they come. */
import { fileLogStore } from '../../infra/log/fileStore.js';
import type { LogStore } from '../../infra/log/store.js';
import { openJobTrail } from '../../infra/steps/jobTrail.js';
import type { RunId, StepAddress } from '../../language/ids.js';
import type { ProgressRecord } from '../../language/record.js';
import { isSetUp, JobLog, type ReadLog } from './jobLog.js';
import { type JobPrinter, jobPrinter, type PrinterOptions } from './printer.js';
import { UndoLog } from './undoLog.js';

export interface RunLog {
  /** Shows what is new on this host. Cheap: it is called many times a second. */
  look(): void;
  /** Takes the run's record as it is now; what it says to have ended is shown whole. */
  see(record: ProgressRecord): void;
}

export interface RunLogOptions extends PrinterOptions {
  /** Whether the worker's log store is on this host. */
  readonly here: boolean;
  /** @default the state folder's */
  readonly store?: LogStore;
  /** What prints a job; `count` jobs are printed already. @default `jobPrinter` */
  readonly printer?: (key: string, count: number) => JobPrinter;
  /** Shows what the records say alone, which may leave out jobs and steps, and nothing of a job's setting up. @default false */
  readonly part?: boolean;
  /** Which bytes of a step's log are shown. @default all */
  readonly range?: (job: string, step: StepAddress) => ByteRange | undefined;
}

/** From `from` to before `to`; to the end where that is absent. */
export interface ByteRange { readonly from: number; readonly to?: number }

export function openRunLog(run: RunId, options: RunLogOptions): RunLog {
  const store = options.store ?? fileLogStore();
  const { here, part = false, printer = (key, count) => jobPrinter(key, count, options) } = options;
  const jobs = new Map<string, { readonly id: string; readonly log: JobLog; readonly undo: UndoLog }>();
  return {
    look: () => {
      for (const { id, log, undo } of jobs.values()) {
        log.look(id);
        undo.look();
      }
    },
    see: (record) => {
      for (const { key, id } of record.jobs) {
        if (jobs.has(key)) continue;
        const read: ReadLog = (step, from, length) => (here && !(part && isSetUp(step)) ? readIn(options.range?.(key, step), from, length, (at, most) => store.read({ run, job: key, step }, at, most)) : undefined);
        const ofJob = printer(key, jobs.size);
        jobs.set(key, {
          id,
          log: new JobLog({ printer: ofJob, trail: here && !part ? openJobTrail(run, key, record.attempt) : { next: () => undefined }, read }),
          undo: new UndoLog(ofJob, part ? () => undefined : read),
        });
      }
      for (const job of record.jobs) jobs.get(job.key)?.log.see(job);
      for (const undo of record.undos) jobs.get(undo.job)?.undo.see(undo);
    },
  };
}

/** Reads in a range as if it were all there is. */
function readIn(range: ByteRange | undefined, from: number, length: number, read: (from: number, length: number) => Buffer | undefined): Buffer | undefined {
  if (range === undefined) return read(from, length);
  const at = range.from + from;
  return read(at, Math.max(0, Math.min(length, (range.to ?? Infinity) - at)));
}
