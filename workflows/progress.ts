/**
 * The board: the run's progress record, kept by the run workflow alone.
 *
 * Owns: the record that the `progress` query, the memo and the UI's Current Details show. Does not own: any decision.
 * 1. The record is replaced, never changed in place: what was handed out stays as it was.
 * 2. Undos stand in the order of their registration; a step registers at most one.
 */
import type { JobRecord, ProgressRecord, StepRecord, UndoEntry, UndoRecord } from '../language/record.js';
import { describeProgress } from './details.js';
import type { JobReport } from './jobMessages.js';

export class Board {
  #record: ProgressRecord;

  /** @param onChange is given the record as markdown whenever it has changed */
  constructor(record: ProgressRecord, private readonly onChange: (details: string) => void) {
    this.#record = record;
    this.#changed();
  }

  get record(): ProgressRecord {
    return this.#record;
  }

  update(change: Partial<ProgressRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#changed();
  }

  job(key: string): JobRecord | undefined {
    return this.#record.jobs.find((job) => job.key === key);
  }

  /** Puts the job's record where its key stands, or last. */
  putJob(job: JobRecord): void {
    const jobs = this.#record.jobs;
    const known = jobs.some(({ key }) => key === job.key);
    this.update({ jobs: known ? jobs.map((old) => (old.key === job.key ? job : old)) : [...jobs, job] });
  }

  /** A job whose matrix has been expanded: its one record becomes one a combination, in the same place. */
  replaceJob(key: string, by: readonly JobRecord[]): void {
    this.update({ jobs: this.#record.jobs.flatMap((job) => (job.key === key ? by : [job])) });
  }

  /** Takes in a job's report. One that arrives after the job has concluded adds only its undos. */
  report({ key, steps, undos }: JobReport): void {
    this.register(undos);
    const job = this.job(key);
    if (!job || job.status === 'completed') return;
    this.putJob({ ...job, steps: mergeSteps(job.steps, steps) });
  }

  register(entries: readonly UndoEntry[]): void {
    const known = new Set(this.#record.undos.map(undoKey));
    const fresh = entries.filter((entry) => !known.has(undoKey(entry)));
    if (fresh.length === 0) return;
    const records = fresh.map((entry): UndoRecord => ({ ...entry, status: 'queued', left: [] }));
    this.update({ undos: [...this.#record.undos, ...records] });
  }

  putUndo(undo: UndoRecord): void {
    this.update({ undos: this.#record.undos.map((old) => (undoKey(old) === undoKey(undo) ? undo : old)) });
  }

  #changed(): void {
    this.onChange(describeProgress(this.#record));
  }
}

/** Replaces the steps that are in `changed`, by address. */
export function mergeSteps(steps: readonly StepRecord[], changed: readonly StepRecord[]): readonly StepRecord[] {
  const by = new Map(changed.map((step) => [step.address, step]));
  return steps.map((step) => by.get(step.address) ?? step);
}

function undoKey({ job, address }: UndoEntry): string {
  return `${job}\n${address}`;
}
