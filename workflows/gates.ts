/**
 * The gates of environments: a job with an `environment` waits before it begins, until one of its reviewers has approved and its wait timer is over.
 *
 * Owns: the jobs of one workflow that wait. Does not own: who may decide (`decisions.ts`).
 * 1. It waits before its concurrency group: nobody else waits for one that a person thinks about.
 * 2. Each attempt of a run waits again.
 */
import { condition, defineSignal, sleep } from '@temporalio/workflow';
import { jobScope } from '../language/contexts.js';
import { templateText } from '../language/expressions.js';
import type { EnvironmentGate } from '../language/plan.js';
import type { GateVerdict, JobRecord } from '../language/record.js';
import type { JobStart } from './place.js';

/** From the run to the workflow in which a job waits. */
export const decideGate = defineSignal<[{ readonly key: string; readonly verdict: GateVerdict }]>('decide-gate');

/**
 * A workflow task without a command leaves nothing in the history by which a replay could tell it from the next one: an update would then be looked at
 * before the job waits, and refused. A timer's start is such a command.
 */
const EVENT_MS = 1;

/** It was not let through. */
export class GateRejection extends Error {
  override readonly name = 'GateRejection';

  constructor(readonly verdict: GateVerdict) {
    const { environment, by, comment } = verdict;
    super(`${by} rejected it for the environment ${environment}${comment === undefined ? '' : `: ${comment}`}`);
  }
}

export class Gates {
  readonly #verdicts = new Map<string, GateVerdict>();

  decide(key: string, verdict: GateVerdict): void {
    this.#verdicts.set(key, verdict);
  }

  /**
   * Gives the job's record, with who approved it. @param owner the workflow in which it waits @param onWait is given the record that waits
   * @throws GateRejection, CancelledFailure, ExpressionError
   */
  async pass({ plan, record, facts }: JobStart, owner: string, onWait: (record: JobRecord) => void): Promise<JobRecord> {
    const environment = plan.environment && templateText(plan.environment.name, jobScope(facts));
    const gate = environment === undefined ? undefined : gateOf(facts.run.facts?.environments, environment);
    if (environment === undefined || !gate) return record;
    const since = Date.now();
    const until = gate.waitMinutes ? since + gate.waitMinutes * 60_000 : undefined;
    const { reviewers } = gate;
    onWait({ ...record, status: 'waiting', waiting: { kind: 'gate', environment, reviewers, since, owner, ...(until === undefined ? {} : { until }) } });
    if (reviewers.length > 0) {
      await sleep(EVENT_MS);
      await condition(() => this.#verdicts.has(record.key));
    }
    const verdict = this.#verdicts.get(record.key);
    this.#verdicts.delete(record.key);
    if (verdict?.verdict === 'rejected') throw new GateRejection(verdict);
    const passed: JobRecord = { ...record, ...(verdict ? { gate: verdict } : {}) };
    if (until !== undefined && until > Date.now()) {
      onWait({ ...passed, status: 'waiting', waiting: { kind: 'gate', environment, reviewers: [], since, until, owner } });
      await sleep(until - Date.now());
    }
    return passed;
  }
}

function gateOf(environments: Readonly<Record<string, EnvironmentGate>> = {}, name: string): EnvironmentGate | undefined {
  const key = name.toLowerCase();
  const gate = Object.hasOwn(environments, key) ? environments[key] : undefined;
  return gate && (gate.reviewers.length > 0 || (gate.waitMinutes ?? 0) > 0) ? gate : undefined;
}
