/** What jobs see of each other. Pure. */
import { type JobStanding, matrixConclusion } from '../language/conclusions.js';
import type { NeedFacts } from '../language/contexts.js';
import type { JobId } from '../language/ids.js';
import type { JobPlan } from '../language/plan.js';
import type { Conclusion, JobRecord } from '../language/record.js';
import type { JobsRuntime } from './place.js';

/** Whose records are asked for. */
interface Records extends Pick<JobsRuntime, 'caller'> {
  readonly board: Pick<JobsRuntime['board'], 'jobs'>;
}

export function recordsOf(id: JobId, { board, caller }: Records): readonly JobRecord[] {
  return board.jobs.filter((job) => job.id === id && job.caller === caller?.key);
}

/** Every job as its dependents see it; the jobs of one matrix as one. */
export function standings(runtime: Records & Pick<JobsRuntime, 'jobs'>): ReadonlyMap<JobId, JobStanding> {
  return new Map(runtime.jobs.map(({ id, needs }) => {
    const conclusions = recordsOf(id, runtime).map(({ conclusion }) => conclusion);
    const all = conclusions.every((conclusion) => conclusion !== undefined);
    return [id, { needs, ...(all ? { conclusion: matrixConclusion(conclusions as Conclusion[]) } : {}) }];
  }));
}

/** What `needs` holds of these jobs: of a matrix, the outputs of its last job that gave any, as on GitHub. */
export function needFacts({ needs }: Pick<JobPlan, 'needs'>, runtime: Records): Readonly<Record<string, NeedFacts>> {
  return Object.fromEntries(needs.map((id) => {
    const records = recordsOf(id, runtime);
    const result = matrixConclusion(records.map(({ conclusion }) => conclusion ?? 'skipped'));
    const outputs = records.flatMap((record) => Object.entries(record.outputs));
    const given = outputs.filter(([, value]) => value !== '');
    return [id, { result, outputs: Object.fromEntries([...outputs, ...given]) }];
  }));
}
