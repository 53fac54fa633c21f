/**
 * The background steps of a job: started and not waited for, until a `wait` step or the job's end.
 *
 * 1. What one left is seen by later steps only after it was waited for.
 * 2. One that failed fails the step that waits for it; where that one is forgiven, so is the failure.
 */
import type { ControlStepPlan } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';
import type { HostStep } from './stepExecutor.js';

/** GitHub's limit of what runs in the background at once. */
const MOST = 10;

interface Running {
  readonly step: HostStep;
  readonly stop: AbortController;
  readonly ended: Promise<StepRecord>;
}

export class Background {
  /** Those that nobody has waited for: they run, or have ended. */
  #running: readonly Running[] = [];
  /** Those that run: each is settled when its step ends. */
  readonly #alive = new Set<Promise<void>>();

  get some(): boolean {
    return this.#running.length > 0;
  }

  /** Starts a step; waits first while as many run as may. @param work is given a signal that ends the step */
  async start(step: HostStep, work: (stop: AbortSignal) => Promise<StepRecord>): Promise<void> {
    while (this.#alive.size >= MOST) await Promise.race(this.#alive);
    const stop = new AbortController();
    const ended = work(stop.signal);
    const over = ended.then(() => undefined, () => undefined); // an error is told when it is waited for
    this.#alive.add(over);
    void over.then(() => this.#alive.delete(over));
    this.#running = [...this.#running, { step, stop, ended }];
  }

  /** What `wait` waits for, or `cancel` ends: their records, in the order of their starts. @throws what a step's work throws */
  async settle({ kind, targets }: Pick<ControlStepPlan, 'kind' | 'targets'>): Promise<readonly StepRecord[]> {
    const wanted = targets?.map((id) => id.toLowerCase());
    const chosen = this.#running.filter(({ step }) => wanted === undefined || wanted.includes(step.id?.toLowerCase() ?? ''));
    if (kind === 'cancel') for (const { stop } of chosen) stop.abort();
    const records = await Promise.all(chosen.map(({ ended }) => ended));
    this.#running = this.#running.filter((one) => !chosen.includes(one));
    return records;
  }
}

/** The records as the step that waited for them leaves them. */
export function settled(records: readonly StepRecord[], { kind }: Pick<ControlStepPlan, 'kind'>, forgiven: boolean): readonly StepRecord[] {
  return records.map((record) => {
    if (kind === 'cancel' && record.outcome !== 'success') return { ...record, outcome: 'cancelled', conclusion: 'cancelled' };
    return record.conclusion === 'failure' && forgiven ? { ...record, conclusion: 'success' } : record;
  });
}
