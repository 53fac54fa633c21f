/** What an edited file changes of the steps that a run has completed. Pure. */
import { levelOf } from './restart.js';
import type { JobPlan, Plan, StepPlan } from './plan.js';
import type { ProgressRecord } from './record.js';

/**
 * A line for each change to what is completed in the record, as a diff has it: `web/verify: with.retries 3 -> 5`. Empty when the run can go on with the new plan.
 * @param record of which the completed steps count
 */
export function changesOfCompleted(before: Pick<Plan, 'jobs'>, after: Pick<Plan, 'jobs'>, record: Pick<ProgressRecord, 'jobs'>): readonly string[] {
  return record.jobs.flatMap((job): readonly string[] => {
    const done = job.steps.filter(({ status, stage, conclusion }) => status === 'completed' && stage === undefined && conclusion !== 'skipped').map(({ address }) => address);
    if (done.length === 0) return [];
    const [old, now] = [before, after].map((plan) => levelOf(plan, record.jobs, job.caller).find(({ id }) => id === job.id));
    if (!old) return [];
    if (!now) return [`${job.key}: the file has no such job any more`];
    const steps = done.flatMap((address) => stepChanges(address, stepOf(old, address), stepOf(now, address)));
    return [...steps, ...(steps.length === 0 ? moved(job.key, done, now) : [])];
  });
}

function stepOf({ steps }: JobPlan, address: string): StepPlan | undefined {
  return steps.find((step) => step.address === address);
}

function stepChanges(address: string, old: StepPlan | undefined, now: StepPlan | undefined): readonly string[] {
  if (!old) return [];
  if (!now) return [`${address}: the file has no such step any more`];
  return changes(old, now, '').map((change) => `${address}: ${change}`);
}

function moved(key: string, done: readonly string[], { steps }: JobPlan): readonly string[] {
  const places = done.map((address) => steps.findIndex((step) => step.address === address));
  const first = steps.slice(0, Math.max(...places) + 1).find(({ address }) => !done.includes(address));
  if (places.some((place, at) => at > 0 && place < places[at - 1]!)) return [`${key}: its completed steps stand in another order`];
  return first === undefined ? [] : [`${first.address}: it is new, and stands before steps that are completed`];
}

function changes(old: unknown, now: unknown, path: string): readonly string[] {
  if (isObject(old) && isObject(now)) {
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key) => changes(old[key], now[key], path === '' ? key : `${path}.${key}`));
  }
  return JSON.stringify(old) === JSON.stringify(now) ? [] : [`${path} ${shown(old)} -> ${shown(now)}`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? '').slice(0, 200);
}
