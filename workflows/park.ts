/**
 * A job that is parked at a failed step: nothing of it runs, what it has (workspace, containers, undos) stays, and a person decides.
 *
 * Owns: what becomes of the job's steps with each decision. Does not own: who may decide what (`parkedJobs.ts`).
 * 1. It parks before its exit handlers: steps with `always()` and post steps run when the job ends, however that comes.
 * 2. The time for which it is parked is not the job's.
 * 3. A step is run again under a new try, so that what is known of the one before is not taken for its end.
 */
import { condition, isCancellation, setHandler } from '@temporalio/workflow';
import type { StepPlan } from '../language/plan.js';
import type { StepRecord } from '../language/record.js';
import type { JobBoard } from './jobBoard.js';
import { decideParked, type HostStanding, type ParkDecision } from './jobMessages.js';

export class Park {
  #decision: ParkDecision | undefined;

  /** Make it in the workflow's main function. */
  constructor() {
    setHandler(decideParked, (decision) => { this.#decision = decision; });
  }

  /** Resolves with what was decided; with `fail` when the time is over or the job is cancelled. */
  async wait(ms: number): Promise<ParkDecision> {
    this.#decision = undefined;
    try {
      await condition(() => this.#decision !== undefined, ms);
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
    return this.#decision ?? { kind: 'fail' };
  }
}

/**
 * Parks where a step has failed, or where the job cannot go on; else does nothing.
 * @returns how the job then stands on its host
 */
export async function parkIfFailed(park: Park, ms: number, plan: readonly StepPlan[], board: JobBoard, host: HostStanding): Promise<HostStanding> {
  const failed = failedStep(plan, board, host);
  if (failed === undefined) return host;
  const since = Date.now();
  const { conclusion: _, ...open } = failed;
  board.putStep({ ...open, status: 'waiting', outcome: 'failure', ...(host.error === undefined ? {} : { error: host.error }) });
  board.update({ status: 'waiting', waiting: { kind: 'parked', step: failed.address, since, until: since + ms } });
  board.report();
  const decision = await park.wait(ms);
  const { waiting: __, parkedMs = 0, ...job } = board.record;
  board.replace({ ...job, status: 'in_progress', parkedMs: parkedMs + Date.now() - since });
  if (decision.kind === 'fail') board.putStep(failed);
  else goOn(failed, decision, board);
  board.report();
  const { error, followed: ___, ...standing } = host;
  return decision.kind === 'fail' && error !== undefined ? { ...standing, error } : standing;
}

function failedStep(plan: readonly StepPlan[], { record: { steps } }: JobBoard, host: HostStanding): StepRecord | undefined {
  const failed = steps.find(({ conclusion, stage }) => conclusion === 'failure' && stage === undefined);
  if (failed || host.error === undefined) return failed;
  const next = plan.find(({ address }) => steps.some((step) => step.address === address && step.status !== 'completed'));
  return steps.find(({ address }) => address === next?.address);
}

/** What failed because of it, and what was ended with it, is run again, too. */
function goOn(failed: StepRecord, decision: Exclude<ParkDecision, { kind: 'fail' }>, board: JobBoard): void {
  const again = board.record.steps.filter(({ address, status, conclusion, stage }) =>
    stage === undefined && (address === failed.address || (status === 'completed' && (conclusion === 'failure' || conclusion === 'cancelled'))));
  board.putSteps(again.map((step) => (step.address === failed.address && decision.kind === 'skip' ? skipped(failed, decision.outputs) : reopened(step))));
}

function reopened({ address, id, name, tries = 1 }: StepRecord): StepRecord {
  return { address, ...(id === undefined ? {} : { id }), name, status: 'queued', outputs: {}, tries: tries + 1 };
}

function skipped({ error: _, env: __, path: ___, ...step }: StepRecord, outputs: Readonly<Record<string, string>>): StepRecord {
  return { ...step, status: 'completed', outcome: 'skipped', conclusion: 'skipped', outputs };
}
