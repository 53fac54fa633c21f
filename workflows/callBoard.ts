/**
 * The records of a called workflow's jobs, and its reports to the run.
 *
 * 1. A record is replaced, never changed in place.
 * 2. What changes in one workflow task goes in one report.
 */
import { condition, getExternalWorkflowHandle, log } from '@temporalio/workflow';
import type { JobRecord, UndoEntry } from '../language/record.js';
import { callReport } from './callMessages.js';
import { type JobsBoard, withJobs, withReplaced } from './jobsBoard.js';

export class CallBoard implements JobsBoard {
  #jobs: readonly JobRecord[];
  readonly #undos: UndoEntry[] = [];
  #reported: readonly JobRecord[] = [];
  #reportedUndos = 0;
  #over = false;

  constructor(jobs: readonly JobRecord[], private readonly run: string) {
    this.#jobs = jobs;
  }

  get jobs(): readonly JobRecord[] {
    return this.#jobs;
  }

  get undos(): readonly UndoEntry[] {
    return this.#undos;
  }

  putJobs(jobs: readonly JobRecord[]): void {
    this.#jobs = withJobs(this.#jobs, jobs);
  }

  replaceJob(key: string, by: readonly JobRecord[]): void {
    this.#jobs = withReplaced(this.#jobs, key, by);
  }

  register(undos: readonly UndoEntry[]): void {
    this.#undos.push(...undos);
  }

  /** Reports until `close`. */
  async report(): Promise<void> {
    for (;;) {
      await atEndOfTask(() => this.#over || this.#jobs !== this.#reported || this.#undos.length > this.#reportedUndos);
      if (this.#over) return;
      const before = new Set(this.#reported);
      const report = { jobs: this.#jobs.filter((job) => !before.has(job)), undos: this.#undos.slice(this.#reportedUndos) };
      this.#reported = this.#jobs;
      this.#reportedUndos = this.#undos.length;
      getExternalWorkflowHandle(this.run).signal(callReport, report)
        .catch((error: unknown) => log.warn('the run did not take the report', { error }));
    }
  }

  /** What is left to say, the result says. */
  close(): void {
    this.#over = true;
  }
}

/**
 * Waits until it holds when all that a workflow task lets happen has happened: `condition` asks at once, and again then. Two signals of one task may
 * arrive in either order, so there must be one.
 */
async function atEndOfTask(holds: () => boolean): Promise<void> {
  let asked = false;
  await condition(() => {
    const again = asked;
    asked = true;
    return again && holds();
  });
}
