/**
 * A job's record while the job runs, and its reports to the run.
 *
 * 1. The record is replaced, never changed in place.
 * 2. An undo is registered, and reported with the step's start, in the workflow task that schedules the step: both are recorded, or neither.
 * 3. That its first step began, and how its last one ended, the run knows without a report; and from the plan what undoes the first.
 */
import { getExternalWorkflowHandle, log, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { JobRecord, JobWait, StepRecord, UndoEntry } from '../language/record.js';
import { describeJob } from './details.js';
import { jobReport } from './jobMessages.js';
import { oncePerTurn } from './oncePerTurn.js';
import { mergeSteps } from './progress.js';

export class JobBoard {
  #record: JobRecord;
  readonly #describe: () => void;
  #undos: UndoEntry[] = [];
  #reported: { readonly steps: Map<string, StepRecord>; undos: number; waiting?: JobWait | undefined } = { steps: new Map(), undos: 0 };

  constructor(record: JobRecord, private readonly run: string) {
    this.#record = record;
    this.#describe = oncePerTurn(() => setCurrentDetails(describeJob(this.#record)));
    for (const step of record.steps) this.#reported.steps.set(step.address, step);
  }

  get record(): JobRecord {
    return this.#record;
  }

  get undos(): readonly UndoEntry[] {
    return this.#undos;
  }

  update(change: Partial<JobRecord>): void {
    this.replace({ ...this.#record, ...change });
  }

  replace(record: JobRecord): void {
    this.#record = record;
    this.#describe();
  }

  putStep(step: StepRecord): void {
    this.update({ steps: mergeSteps(this.#record.steps, [step]) });
  }

  /** Steps that the plan does not have stand before (`pre`) or after (`post`) those that it has. */
  putSteps(steps: readonly StepRecord[]): void {
    const known = new Set(this.#record.steps.map(({ address }) => address));
    const fresh = steps.filter(({ address }) => !known.has(address));
    const tries = new Map(this.#record.steps.map((step) => [step.address, step.tries]));
    const merged = mergeSteps(this.#record.steps, steps.map((step) => ({ ...(tries.get(step.address) === undefined ? {} : { tries: tries.get(step.address)! }), ...step })));
    this.update({ steps: [...fresh.filter(({ stage }) => stage === 'pre'), ...merged, ...fresh.filter(({ stage }) => stage !== 'pre')] });
  }

  register(undo: UndoEntry): void {
    this.#undos.push(undo);
  }

  /** Tells the run what it cannot know by itself; costs nothing when that is nothing. */
  report(): void {
    const steps = this.#record.steps.filter((step) => this.#reported.steps.get(step.address) !== step);
    const undos = this.#undos.slice(this.#reported.undos);
    const onlyFirst = steps.length === 1 && steps[0] === this.#record.steps[0];
    const { waiting } = this.#record;
    if (waiting === this.#reported.waiting && (steps.length === 0 || onlyFirst)) return;
    this.#reported.waiting = waiting;
    for (const step of steps) this.#reported.steps.set(step.address, step);
    this.#reported.undos = this.#undos.length;
    getExternalWorkflowHandle(this.run)
      .signal(jobReport, { key: this.#record.key, steps, undos, ...(waiting === undefined ? {} : { waiting, workflowId: workflowInfo().workflowId }) })
      .catch((error: unknown) => log.warn('the run did not take the report', { error }));
  }
}
