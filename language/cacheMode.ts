/** `cache-mode` of a workflow and of a job: what `actions/cache` may do there. A called workflow may do no more than its caller lets it. */
import type { Definition } from './definition.js';
import type { CacheMode } from './plan.js';

export interface CacheAccess {
  readonly restore: boolean;
  readonly save: boolean;
}

const ACCESS: Readonly<Record<CacheMode, CacheAccess>> = {
  none: { restore: false, save: false }, read: { restore: true, save: false }, 'write-only': { restore: false, save: true }, write: { restore: true, save: true },
};

export const CACHE_MODES = Object.keys(ACCESS) as readonly CacheMode[];

/** @param mode @default write */
export function cacheAccess(mode: CacheMode = 'write'): CacheAccess {
  return ACCESS[mode];
}

/** What a job may do, or what it gives the workflow that it calls; undefined where nobody says so. @param given to the workflow in which it stands */
export function cacheModeOf(job: Pick<Definition, 'cacheMode'>, { cacheMode }: Pick<Definition, 'cacheMode'>, given: CacheMode | undefined): CacheMode | undefined {
  const wanted = job.cacheMode ?? cacheMode;
  if (wanted === undefined || given === undefined) return wanted ?? given;
  const [asked, most] = [ACCESS[wanted], ACCESS[given]];
  return CACHE_MODES.find((mode) => ACCESS[mode].restore === (asked.restore && most.restore) && ACCESS[mode].save === (asked.save && most.save));
}

/** The jobs of a called workflow that want more than they are given, a clause each. GitHub starts no run with such a one. */
export function cacheModesBeyond({ jobs, ...called }: Definition, given: CacheMode | undefined): readonly string[] {
  return jobs.flatMap((job) => {
    const wanted = cacheModeOf(job, called, undefined);
    return wanted === undefined || wanted === cacheModeOf(job, called, given) ? [] : [`its job ${job.id} has cache-mode: ${wanted}, and is given ${given}`];
  });
}
