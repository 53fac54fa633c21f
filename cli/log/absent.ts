/** Jobs of whose steps this host has no log. Pure. */
import type { StepAddress } from '../../language/ids.js';
import type { JobRecord, ProgressRecord, StepRecord } from '../../language/record.js';

/** What the host has of one run. */
export interface OnHost {
  log(job: string, step: StepAddress): boolean;
  /** Whether the job ran here in that attempt. */
  journal(job: string, attempt: number): boolean;
}

/** Their keys: nothing of what they did in this attempt, or in those before it, is on this host. A job whose steps are actions that print nothing looks the same. */
export function jobsElsewhere({ jobs, attempt, startedAt }: ProgressRecord, here: OnHost): readonly string[] {
  const earlier = Array.from({ length: attempt - 1 }, (_, i) => i + 1);
  return jobs.filter((job) => {
    const ran = job.steps.filter((step) => step.startedAt !== undefined && step.conclusion !== 'skipped');
    const isEarlier = (step: StepRecord): boolean => (step.endedAt ?? Infinity) < startedAt;
    return isAway(job, ran.filter(isEarlier), earlier, here) || isAway(job, ran.filter((step) => !isEarlier(step)), [attempt], here);
  }).map(({ key }) => key);
}

function isAway({ key }: JobRecord, steps: readonly StepRecord[], attempts: readonly number[], here: OnHost): boolean {
  return steps.length > 0 && !attempts.some((attempt) => here.journal(key, attempt)) && !steps.some(({ address }) => here.log(key, address));
}
