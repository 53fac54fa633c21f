/**
 * The parked jobs of a run, as the run knows them.
 *
 * Owns: which jobs are parked, and that each gets one decision. Does not own: what the job makes of it (`park.ts`).
 * 1. A job that gave up (its time was over) gives up the run: the others that are parked, and those that would park later, fail as well.
 * 2. What is decided stands in the record at once: a second decision about the same step is refused.
 */
import { getExternalWorkflowHandle, log } from '@temporalio/workflow';
import type { JobRecord } from '../language/record.js';
import { decideParked, type JobReport, type ParkDecision } from './jobMessages.js';
import type { Board } from './progress.js';

export class ParkedJobs {
  /** Their workflows, by the job's key. */
  readonly #workflows = new Map<string, string>();
  #givenUp = false;

  constructor(private readonly board: Board) {}

  see({ key, waiting, workflowId }: JobReport): void {
    if (waiting?.kind === 'parked' && workflowId !== undefined) {
      this.#workflows.set(key, workflowId);
      if (this.#givenUp) void this.decide(key, { kind: 'fail' });
    } else if (this.#workflows.delete(key)) void this.giveUp();
  }

  /** Resolves when the job has been told. One that has ended meanwhile is told nothing. */
  async decide(key: string, decision: ParkDecision): Promise<void> {
    const workflowId = this.#workflows.get(key);
    if (workflowId === undefined) return;
    this.#workflows.delete(key);
    this.board.putJobs(this.board.jobs.filter((job) => job.key === key).map(decided));
    await getExternalWorkflowHandle(workflowId).signal(decideParked, decision)
      .catch((error: unknown) => log.warn('the job did not take the decision', { error }));
  }

  async giveUp(): Promise<void> {
    this.#givenUp = true;
    await Promise.all([...this.#workflows.keys()].map((key) => this.decide(key, { kind: 'fail' })));
  }
}

/** It is at work again; its own report says at what. */
function decided({ waiting, ...job }: JobRecord): JobRecord {
  const steps = job.steps.map((step) => (step.address === (waiting?.kind === 'parked' ? waiting.step : undefined) ? { ...step, status: 'in_progress' as const } : step));
  return { ...job, status: 'in_progress', steps };
}
