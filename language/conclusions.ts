/**
 * How things end, and what starts: GitHub's rules, pure. `outcome` is before `continue-on-error`, `conclusion` after it.
 *
 * 1. Only a failed conclusion changes a job's status, and a cancelled job stays cancelled.
 * 2. The status functions of a job look at all its ancestors; those of a step look at the job's status.
 * 3. What a job's dependents see is its conclusion: a failed job with `continue-on-error` counts as success to them.
 */
import { evaluateCondition, ExpressionError, type Scope, type StatusFunctions } from './expressions.js';
import type { JobId } from './ids.js';
import type { JobPlan } from './plan.js';
import type { Conclusion } from './record.js';

/** How a job stands while its steps run. */
export type JobStatus = 'success' | 'failure' | 'cancelled';

export function stepConclusion(outcome: Conclusion, continueOnError: boolean): Conclusion {
  return outcome === 'failure' && continueOnError ? 'success' : outcome;
}

/** The job's status after a step with this conclusion. */
export function jobStatusAfter(status: JobStatus, conclusion: Conclusion): JobStatus {
  return status === 'success' && conclusion === 'failure' ? 'failure' : status;
}

/** The status before the next step. `undefined` conclusions are steps that have not run. */
export function jobStatus(steps: readonly { readonly conclusion?: Conclusion }[], cancelled: boolean): JobStatus {
  if (cancelled) return 'cancelled';
  return steps.some(({ conclusion }) => conclusion === 'failure') ? 'failure' : 'success';
}

/** The status functions of a step's `if`. */
export function stepStatusFunctions(status: JobStatus): StatusFunctions {
  return { success: () => status === 'success', failure: () => status === 'failure', cancelled: () => status === 'cancelled' };
}

/** The job's result when its steps are over: cancelled before failure before success. */
export function jobResult(steps: readonly { readonly conclusion?: Conclusion }[], cancelled: boolean): Conclusion {
  return jobStatus(steps, cancelled);
}

/** The job's conclusion, which is what `needs.<id>.result` says. */
export function jobConclusion(result: Conclusion, continueOnError: boolean): Conclusion {
  return result === 'failure' && continueOnError ? 'success' : result;
}

/** What the jobs of one matrix say together, from their conclusions: failure before cancelled (fail-fast cancels siblings). */
export function matrixConclusion(conclusions: readonly Conclusion[]): Conclusion {
  if (conclusions.includes('failure')) return 'failure';
  if (conclusions.includes('cancelled')) return 'cancelled';
  return conclusions.length > 0 && conclusions.every((conclusion) => conclusion === 'skipped') ? 'skipped' : 'success';
}

/**
 * The run's conclusion from those of its jobs. A run that somebody cancelled is cancelled, whatever failed before; otherwise
 * a failure counts before a cancelled job.
 */
export function runConclusion(conclusions: readonly Conclusion[], cancelled: boolean): Conclusion {
  if (cancelled) return 'cancelled';
  const all = matrixConclusion(conclusions);
  return all === 'skipped' ? 'success' : all;
}

/** One job of the plan as its dependents see it. No `conclusion` means that it has not concluded. */
export interface JobStanding {
  readonly needs: readonly JobId[];
  readonly conclusion?: Conclusion;
}

export type JobDecision =
  /** Some of its needs have not concluded. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'start' }
  | { readonly kind: 'skip' }
  /** Its `if` cannot be evaluated: the job fails without having started. */
  | { readonly kind: 'fail'; readonly error: string };

/**
 * Whether a job can start. Asked again whenever a job concludes, and when the run is cancelled.
 * @param jobs every job of the plan; those of one matrix as one, with their `matrixConclusion`
 * @param scope gives the contexts of the job's `if` (`jobIfScope`); the status functions are made here
 */
export function decideJob(
  job: Pick<JobPlan, 'id' | 'needs' | 'if'>, jobs: ReadonlyMap<JobId, JobStanding>, cancelled: boolean, scope: () => Omit<Scope, 'status'>,
): JobDecision {
  if (job.needs.some((need) => jobs.get(need)?.conclusion === undefined)) return { kind: 'wait' };
  try {
    const starts = evaluateCondition(job.if, { ...scope(), status: jobStatusFunctions(job.needs, jobs, cancelled) });
    return { kind: starts ? 'start' : 'skip' };
  } catch (error) {
    if (error instanceof ExpressionError) return { kind: 'fail', error: `the job's "if": ${error.message}` };
    throw error;
  }
}

/** The status functions of a job's `if`: over all ancestors, or over the jobs that the call names. */
export function jobStatusFunctions(needs: readonly JobId[], jobs: ReadonlyMap<JobId, JobStanding>, cancelled: boolean): StatusFunctions {
  const all = [...ancestors(needs, jobs)];
  const conclusions = (named: readonly string[]) => {
    const wanted = named.map((name) => name.toLowerCase());
    return all.filter((id) => wanted.length === 0 || wanted.includes(id.toLowerCase())).map((id) => jobs.get(id)?.conclusion);
  };
  return {
    success: (...named) => !cancelled && conclusions(named).every((conclusion) => conclusion === 'success'),
    failure: (...named) => !cancelled && conclusions(named).includes('failure'),
    cancelled: () => cancelled,
  };
}

function ancestors(needs: readonly JobId[], jobs: ReadonlyMap<JobId, JobStanding>, seen = new Set<JobId>()): Set<JobId> {
  for (const need of needs) {
    if (seen.has(need)) continue;
    seen.add(need);
    ancestors(jobs.get(need)?.needs ?? [], jobs, seen);
  }
  return seen;
}
