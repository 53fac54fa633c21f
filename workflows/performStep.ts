/** One step's activity, with its options: from evaluated input to outputs, or why it failed. */
import { ActivityCancellationType, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { ActionInput, ActionResult } from '../activities/contract.js';
import type { RetryPlan } from '../language/plan.js';
import type { Conclusion } from '../language/record.js';
import { failureText } from './failures.js';

/** An action is made to be repeated: a fault that may pass is tried this often, unless `retry:` says otherwise. */
const ATTEMPTS = 5;
/** An answer that is this late after the step's own deadline comes from a worker that is stuck. */
const GRACE_MS = 60_000;
const HEARTBEAT_TIMEOUT_MS = 15_000;
/** The longest summary that Temporal takes, in characters. */
const LONGEST_SUMMARY = 190;

export interface StepWork {
  readonly activity: string;
  readonly input: Omit<ActionInput, 'limits'>;
}

export interface StepOptions {
  readonly name: string;
  readonly timeoutMs: number;
  readonly retry?: RetryPlan | undefined;
}

export interface StepOutcome {
  readonly outcome: Exclude<Conclusion, 'skipped'>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly error?: string;
}

/** Never throws: a cancelled step is one whose outcome says so. */
export async function performStep(work: StepWork, options: StepOptions): Promise<StepOutcome> {
  try {
    const result = await schedule(work, options);
    const { failure, ...done } = result;
    return failure === undefined ? { ...done, outcome: 'success' } : { ...done, outcome: 'failure', error: failure };
  } catch (error) {
    if (isCancellation(error)) return { outcome: 'cancelled', outputs: {} };
    return { outcome: 'failure', outputs: {}, error: failureText(error) };
  }
}

function schedule({ activity, input }: StepWork, { name, timeoutMs, retry }: StepOptions): Promise<ActionResult> {
  const activities = proxyActivities<Record<string, (input: ActionInput) => Promise<ActionResult>>>({
    startToCloseTimeout: timeoutMs + GRACE_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    // A step is over when its work is: what it started is gone by then.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // The activity decides when to give up: an attempt that a crash cut short is not a failure of the step.
    retry: {
      initialInterval: retry?.initialIntervalMs ?? 1000,
      backoffCoefficient: retry?.backoff ?? 2,
      maximumInterval: retry?.maxIntervalMs ?? 20_000,
    },
    summary: name.slice(0, LONGEST_SUMMARY),
  });
  return activities[activity]!({ ...input, limits: { timeoutMs, maxAttempts: retry?.maxAttempts ?? ATTEMPTS } });
}
