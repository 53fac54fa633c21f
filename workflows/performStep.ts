/** One step's activity, with its options: from evaluated input to outputs, or why it failed. */
import { ActivityCancellationType, isCancellation, proxyActivities } from '@temporalio/workflow';
import { SCRIPT_ACTIVITY, type ActionInput, type ActionResult, type ScriptInput, type ScriptResult } from '../activities/contract.js';
import type { RetryPlan } from '../language/plan.js';
import type { Conclusion } from '../language/record.js';
import { failureText } from './failures.js';

/** An action is made to be repeated: a fault that may pass is tried this often. A script is not, unless its `retry:` says so. */
const ACTION_ATTEMPTS = 5;
const SCRIPT_ATTEMPTS = 1;
/** An answer that is this late after the step's own deadline comes from a worker that is stuck. */
const GRACE_MS = 60_000;
const HEARTBEAT_TIMEOUT_MS = 15_000;
/** The longest summary that Temporal takes, in characters. */
const LONGEST_SUMMARY = 190;

export type StepWork =
  | { readonly kind: 'action'; readonly activity: string; readonly input: Omit<ActionInput, 'limits'> }
  | { readonly kind: 'run'; readonly input: Omit<ScriptInput, 'limits'> };

export interface StepOptions {
  readonly name: string;
  readonly timeoutMs: number;
  readonly retry?: RetryPlan | undefined;
}

export interface StepOutcome {
  readonly outcome: Exclude<Conclusion, 'skipped'>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly path?: readonly string[];
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

function schedule(work: StepWork, { name, timeoutMs, retry }: StepOptions): Promise<ActionResult & Partial<ScriptResult>> {
  const activities = proxyActivities<Record<string, (input: ActionInput | ScriptInput) => Promise<ActionResult & Partial<ScriptResult>>>>({
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
  const maxAttempts = retry?.maxAttempts ?? (work.kind === 'run' ? SCRIPT_ATTEMPTS : ACTION_ATTEMPTS);
  const type = work.kind === 'run' ? SCRIPT_ACTIVITY : work.activity;
  return activities[type]!({ ...work.input, limits: { timeoutMs, maxAttempts } });
}
