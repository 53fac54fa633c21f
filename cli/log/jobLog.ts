/**
 * One job's part of a run's log: what is new since the last look, in order, nothing twice.
 *
 * The job's journal on this host says at once which step begins and ends; the progress record says it of jobs elsewhere, later. Whichever comes
 * first counts. A step's log is whole when its end is told.
 */
import type { JobTrail, TrailEvent } from '../../infra/steps/jobTrail.js';
import type { StepAddress } from '../../language/ids.js';
import type { Conclusion, JobRecord, StepRecord } from '../../language/record.js';
import { LineBuffer } from './lineBuffer.js';
import type { JobPrinter } from './printer.js';

/** Where the bytes of a step's log are; as `LogStore.read`. */
export type ReadLog = (step: StepAddress, from: number, length: number) => Buffer | undefined;

export interface JobLogParts {
  readonly printer: JobPrinter;
  readonly read: ReadLog;
  readonly trail: JobTrail;
}

interface Followed { offset: number; readonly buffer: LineBuffer; readonly startedAt?: number | undefined }

const PIECE_BYTES = 256 * 1024;
/** What prepares the job (its actions, its containers) has a log under this name. */
const SET_UP = 'setup';

export class JobLog {
  readonly #open = new Map<StepAddress, Followed>();
  readonly #ended = new Map<StepAddress, Followed>();
  readonly #names = new Map<StepAddress, string>();
  #setUp: Followed | undefined;
  /** Its journal says that nothing more comes on this host. */
  #quiet = false;
  #done = false;

  constructor(private readonly parts: JobLogParts) {}

  get done(): boolean {
    return this.#done;
  }

  /** What can be seen on this host without asking anybody. */
  look(id: string): void {
    if (this.#done || this.#quiet) return;
    let events = this.parts.trail.next();
    // A job that has no journal yet has nothing of its setting up either; of one whose journal is gone the record tells.
    if (events !== undefined) this.#followSetUp(`${id}/${SET_UP}` as StepAddress);
    for (; events !== undefined && events.length > 0; events = this.parts.trail.next()) for (const event of events) this.#take(event);
    for (const [step, followed] of this.#open) this.#drain(step, followed);
  }

  #take(event: TrailEvent): void {
    switch (event.kind) {
      case 'begin':
        return this.#begin(event.step, event.at, event.log);
      case 'end':
        return this.#end(event.step, event.outcome ?? event.conclusion, event);
      case 'over':
        this.#quiet = true;
    }
  }

  /** What the record says. Of a job that is completed it is the end. */
  see(job: JobRecord): void {
    if (this.#done) return;
    for (const step of job.steps) if (!isTemplate(step.name)) this.#names.set(step.address, step.name);
    this.look(job.id);
    this.#followSetUp(`${job.id}/${SET_UP}` as StepAddress);
    for (const step of job.steps) this.#seeStep(step);
    for (const [step, followed] of this.#open) this.#drain(step, followed);
    if (job.status !== 'completed') return;
    this.#finish(job);
  }

  #seeStep(step: StepRecord): void {
    if (step.status === 'queued' || this.#ended.has(step.address)) return;
    if (step.status === 'in_progress') this.#begin(step.address, step.startedAt, 0);
    else this.#end(step.address, step.outcome ?? step.conclusion, step);
  }

  #begin(step: StepAddress, startedAt: number | undefined, offset: number): void {
    if (this.#open.has(step) || this.#ended.has(step)) return;
    this.#open.set(step, { offset, buffer: new LineBuffer(), startedAt });
    this.parts.printer.begin(this.#name(step));
  }

  #end(step: StepAddress, how: string | undefined, times: { readonly startedAt?: number | undefined; readonly endedAt?: number | undefined }): void {
    if (this.#ended.has(step)) return;
    if (how !== 'skipped') this.#begin(step, times.startedAt, 0);
    const followed = this.#open.get(step) ?? { offset: 0, buffer: new LineBuffer() };
    this.#open.delete(step);
    this.#ended.set(step, followed);
    if (how !== 'skipped') this.#flush(step, followed);
    const took = how === 'skipped' || times.startedAt === undefined || times.endedAt === undefined ? undefined : times.endedAt - times.startedAt;
    this.parts.printer.end(step, this.#name(step), (how as Conclusion | undefined) ?? 'done', took);
  }

  #finish(job: JobRecord): void {
    this.#done = true;
    for (const [step, followed] of this.#open) this.#flush(step, followed);
    if (this.#setUp !== undefined) this.#flush(`${job.id}/${SET_UP}` as StepAddress, this.#setUp);
    const untold = job.steps.every(({ error }) => error === undefined) ? job.error : undefined;
    const took = job.startedAt === undefined || job.endedAt === undefined || job.conclusion === 'skipped' ? undefined : job.endedAt - job.startedAt;
    this.parts.printer.job(job.result ?? job.conclusion ?? 'done', took, untold);
  }

  #followSetUp(step: StepAddress): void {
    this.#setUp ??= { offset: 0, buffer: new LineBuffer() };
    this.#drain(step, this.#setUp);
  }

  #drain(step: StepAddress, followed: Followed): void {
    for (;;) {
      const chunk = this.parts.read(step, followed.offset, PIECE_BYTES);
      if (chunk === undefined || chunk.length === 0) return;
      followed.offset += chunk.length;
      const lines = followed.buffer.push(chunk);
      if (lines.length > 0) this.parts.printer.lines(step, lines);
    }
  }

  #flush(step: StepAddress, followed: Followed): void {
    this.#drain(step, followed);
    const rest = followed.buffer.end();
    if (rest.length > 0) this.parts.printer.lines(step, rest);
  }

  /** `build/post-2` is of `build/2`. */
  #name(step: StepAddress): string {
    const known = this.#names.get(step);
    if (known !== undefined) return known;
    const main = this.#names.get(step.replace(/\/(?:post|pre)-/, '/') as StepAddress);
    return main === undefined ? step : `${/\/pre-/.test(step) ? 'Pre' : 'Post'} ${main}`;
  }
}

/** Whether it is no step, but what prepares its job. */
export function isSetUp(step: StepAddress): boolean {
  return step.endsWith(`/${SET_UP}`);
}

/** The name of a step that has not begun: what it will be called is not known yet. */
function isTemplate(name: string): boolean {
  return name.includes('${{');
}
