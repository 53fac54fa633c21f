/** A segment of a job: one activity that runs consecutive steps on the job's host. */
import { ActivityCancellationType, ActivityFailure, isCancellation, patched, proxyActivities } from '@temporalio/workflow';
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

/** A segment whose worker was lost while it was cancelled, or that was cancelled before a worker had it: the server tries such a one no more. */
export const LOST = Symbol('lost');

/**
 * Never throws: what ended it without a result is its `error`.
 * @param queue the host's, once it is known
 * @param open earlier segments have left something to end
 */
export async function runSegment(input: StepsInput, queue: string | undefined, open: boolean, cancelled: () => boolean): Promise<StepsResult | typeof LOST> {
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
    const cutOff = isCancellation(error) ? open && cancelled() : wasCutOff(error);
    if (cutOff && patched('lost-segment')) return LOST;
    if (isCancellation(error) && cancelled()) return { steps: [], queue: queue ?? '', open: false };
    return { steps: [], queue: queue ?? '', open: false, error: failureText(error) };
  }
}

/** Its worker was killed, or did not answer in time, and it was not tried again since its cancel was asked for: what it had done stands in its journal. */
function wasCutOff(error: unknown): boolean {
  return error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED' && !isCancellation(error);
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
