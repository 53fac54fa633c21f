/** A run's log on the screen: the logs of its jobs, line by line as they come. */
import { fileLogStore } from '../../infra/log/fileStore.js';
import type { LogStore } from '../../infra/log/store.js';
import { openJobTrail } from '../../infra/steps/jobTrail.js';
import type { RunId } from '../../language/ids.js';
import type { ProgressRecord } from '../../language/record.js';
import { JobLog } from './jobLog.js';
import { jobPrinter, type PrinterOptions } from './printer.js';

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
}

export function openRunLog(run: RunId, options: RunLogOptions): RunLog {
  const store = options.store ?? fileLogStore();
  const jobs = new Map<string, { readonly id: string; readonly log: JobLog }>();
  return {
    look: () => { for (const { id, log } of jobs.values()) log.look(id); },
    see: (record) => {
      for (const { key, id } of record.jobs) {
        if (jobs.has(key)) continue;
        jobs.set(key, {
          id,
          log: new JobLog({
            printer: jobPrinter(key, jobs.size, options), trail: options.here ? openJobTrail(run, key, record.attempt) : { next: () => undefined },
            read: (step, from, length) => (options.here ? store.read({ run, job: key, step }, from, length) : undefined),
          }),
        });
      }
      for (const job of record.jobs) jobs.get(job.key)?.log.see(job);
    },
  };
}
