/** A segment of a job: one activity that runs consecutive steps on the job's host. */
import { ActivityCancellationType, isCancellation, proxyActivities } from '@temporalio/workflow';
import { STEPS_ACTIVITY, type StepsInput, type StepsResult } from '../activities/contract.js';
import type { ActionStepPlan, StepPlan } from '../language/plan.js';
import type { StepRecord } from '../language/record.js';
import { failureText } from './failures.js';

/** An answer that is this late after the job's own time comes from a worker that is stuck. */
const GRACE_MS = 10 * 60_000;
/** The longest summary that Temporal takes, in characters. */
const LONGEST_SUMMARY = 190;
/** Steps of one segment at most: what it gives back must fit in one payload. */
export const MOST_STEPS = 200;

/** Whether a step can stand in a segment: its work needs nothing of the workflow. */
export function isOfHost(step: StepPlan): step is Exclude<StepPlan, ActionStepPlan> {
  return step.kind !== 'action';
}

/** Never throws: what ended it without a result is its `error`. @param queue the host's, once it is known */
export async function runSegment(input: StepsInput, queue: string | undefined, cancelled: () => boolean): Promise<StepsResult> {
  const left = Math.max(0, input.deadline - Date.now());
  const { [STEPS_ACTIVITY]: runSteps } = proxyActivities<{ [STEPS_ACTIVITY]: (input: StepsInput) => Promise<StepsResult> }>({
    startToCloseTimeout: left + GRACE_MS,
    heartbeatTimeout: '15 seconds',
    // A step is over when its work is: what it started is gone by then.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 second', maximumInterval: '10 seconds' },
    summary: summaryOf(input.steps, input.alone).slice(0, LONGEST_SUMMARY),
    ...(queue === undefined ? {} : { taskQueue: queue }),
  });
  try {
    return await runSteps(input);
  } catch (error) {
    if (isCancellation(error) && cancelled()) return { steps: [], queue: queue ?? '', open: false };
    return { steps: [], queue: queue ?? '', open: false, error: failureText(error) };
  }
}

function summaryOf(steps: readonly StepPlan[], alone: boolean): string {
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last) return 'Post steps';
  return alone || first === last ? first.name : `${first.name} … ${last.name} (${steps.length} steps)`;
}

/** What later steps can see of those before them. */
export function visible(records: readonly StepRecord[]): readonly StepRecord[] {
  return records.filter(({ status, id, env, path, conclusion }) => status === 'completed' && (id !== undefined || env !== undefined || path !== undefined || conclusion === 'failure'));
}
