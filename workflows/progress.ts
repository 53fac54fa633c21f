/**
 * The board: the run's progress record, kept by the run workflow alone.
 *
 * Owns: the record that the `progress` query, the memo and the UI's Current Details show. Does not own: any decision.
 * 1. The record is replaced, never changed in place: what was handed out stays as it was.
 * 2. Undos stand in the order of their registration, those of one job in that of its steps: a host's step registers its own, and may be heard of
 *    before the job. A step has at most one, the one that it registered last.
 */
import type { JobRecord, JobWait, ProgressRecord, StepRecord, UndoEntry, UndoRecord } from '../language/record.js';
import type { CallReport } from './callMessages.js';
import { describeProgress } from './details.js';
import { type JobsBoard, withJobs, withReplaced } from './jobsBoard.js';
import type { JobReport } from './jobMessages.js';
import { oncePerTurn } from './oncePerTurn.js';

export class Board implements JobsBoard {
  #record: ProgressRecord;
  readonly #describe: () => void;

  /** @param onChange is given the record as markdown when it has changed: once for what changes together */
  constructor(record: ProgressRecord, onChange: (details: string) => void) {
    this.#record = record;
    this.#describe = oncePerTurn(() => onChange(describeProgress(this.#record)));
  }

  get record(): ProgressRecord {
    return this.#record;
  }

  update(change: Partial<ProgressRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#describe();
  }

  get jobs(): readonly JobRecord[] {
    return this.#record.jobs;
  }

  putJobs(jobs: readonly JobRecord[]): void {
    const all = withJobs(this.jobs, jobs);
    this.update({ jobs: all, status: statusOf(this.#record.status, all) });
  }

  replaceJob(key: string, by: readonly JobRecord[]): void {
    this.update({ jobs: withReplaced(this.jobs, key, by) });
  }

  /** Takes in a job's report. One that arrives after the job has concluded adds only its undos. */
  report({ key, steps, undos, waiting }: JobReport): void {
    this.register(undos);
    const job = this.jobs.find((other) => other.key === key);
    if (!job || job.status === 'completed') return;
    this.putJobs([withWait({ ...job, steps: mergeSteps(job.steps, steps) }, waiting)]);
  }

  /** Takes in what a called workflow says of its jobs. One that arrives after its caller has concluded adds only its undos. */
  reportCall({ jobs, undos }: CallReport): void {
    this.register(undos);
    const open = new Set(this.jobs.filter(({ status }) => status !== 'completed').map(({ key }) => key));
    const known = new Map(this.jobs.map((job) => [job.key, job]));
    this.putJobs(jobs.filter(({ caller }) => caller !== undefined && open.has(caller)).map((job) => withOwnSteps(job, known.get(job.key))));
  }

  register(entries: readonly UndoEntry[]): void {
    if (entries.length === 0) return;
    this.update({ undos: entries.reduce((undos, entry) => withUndo(undos, entry, this.jobs), this.#record.undos) });
  }

  putUndo(undo: UndoRecord): void {
    this.update({ undos: this.#record.undos.map((old) => (undoKey(old) === undoKey(undo) ? undo : old)) });
  }
}

/** Replaces the steps that are in `changed`, by address. */
export function mergeSteps(steps: readonly StepRecord[], changed: readonly StepRecord[]): readonly StepRecord[] {
  const by = new Map(changed.map((step) => [step.address, step]));
  return steps.map((step) => by.get(step.address) ?? step);
}

/** While a job runs, its steps, and whether it is parked, are what it reported itself. */
function withOwnSteps(job: JobRecord, known: JobRecord | undefined): JobRecord {
  if (job.status === 'completed') return job;
  if (known?.status === 'in_progress') return { ...job, steps: known.steps };
  return known?.waiting?.kind === 'parked' ? withWait({ ...job, steps: known.steps }, known.waiting) : job;
}

function withWait({ waiting: _, ...job }: JobRecord, waiting: JobWait | undefined): JobRecord {
  return waiting === undefined ? { ...job, status: 'in_progress' } : { ...job, status: 'waiting', waiting };
}

/** A run waits when nothing of it is at work and a job of it waits. One whose turn has not come has said so itself. */
function statusOf(status: ProgressRecord['status'], jobs: readonly JobRecord[]): ProgressRecord['status'] {
  if ((status !== 'in_progress' && status !== 'waiting') || jobs.every((job) => job.status === 'queued')) return status;
  const callers = new Set(jobs.map(({ caller }) => caller));
  const working = jobs.some((job) => job.status === 'in_progress' && !callers.has(job.key));
  return !working && jobs.some((job) => job.status === 'waiting') ? 'waiting' : 'in_progress';
}

function withUndo(undos: readonly UndoRecord[], entry: UndoEntry, jobs: readonly JobRecord[]): readonly UndoRecord[] {
  const fresh: UndoRecord = { ...entry, status: 'queued', left: [] };
  if (undos.some((old) => undoKey(old) === undoKey(entry))) return undos.map((old) => (undoKey(old) === undoKey(entry) && old.status === 'queued' ? fresh : old));
  const order = jobs.find(({ key }) => key === entry.job)?.steps.map(({ address }) => address) ?? [];
  const later = undos.findIndex((old) => old.job === entry.job && order.indexOf(old.address) > order.indexOf(entry.address));
  return later < 0 ? [...undos, fresh] : [...undos.slice(0, later), fresh, ...undos.slice(later)];
}

function undoKey({ job, address }: UndoEntry): string {
  return `${job}\n${address}`;
}
