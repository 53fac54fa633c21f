import { describe, expect, it } from 'vitest';
import {
  decideJob, jobConclusion, jobResult, jobStatusAfter, type JobStanding, matrixConclusion, runConclusion, stepConclusion,
} from '../../language/conclusions.js';
import type { JobId } from '../../language/ids.js';
import type { Conclusion } from '../../language/record.js';

const all: readonly Conclusion[] = ['success', 'failure', 'cancelled', 'skipped'];

describe('a step', () => {
  it('that fails with continue-on-error concludes with success, and nothing else changes', () => {
    expect(all.map((outcome) => stepConclusion(outcome, true))).toEqual(['success', 'success', 'cancelled', 'skipped']);
    expect(all.map((outcome) => stepConclusion(outcome, false))).toEqual(all);
  });

  it('changes its job only by a failed conclusion', () => {
    expect(all.map((conclusion) => jobStatusAfter('success', conclusion))).toEqual(['success', 'failure', 'success', 'success']);
    expect(jobStatusAfter('cancelled', 'failure')).toBe('cancelled');
    expect(jobStatusAfter('failure', 'success')).toBe('failure');
  });
});

describe('a job', () => {
  it('is a failure by one failed step, and cancelled whatever its steps say', () => {
    const steps = [{ conclusion: 'success' as const }, { conclusion: 'failure' as const }, {}];
    expect(jobResult(steps, false)).toBe('failure');
    expect(jobResult(steps, true)).toBe('cancelled');
    expect(jobResult([{ conclusion: 'skipped' }], false)).toBe('success');
  });

  it('that fails with continue-on-error is a success to its dependents', () => {
    expect(all.map((result) => jobConclusion(result, true))).toEqual(['success', 'success', 'cancelled', 'skipped']);
  });

  it('of a matrix takes a failure before the siblings that fail-fast cancelled', () => {
    expect(matrixConclusion(['cancelled', 'failure', 'success'])).toBe('failure');
    expect(matrixConclusion(['cancelled', 'success'])).toBe('cancelled');
    expect(matrixConclusion(['skipped', 'skipped'])).toBe('skipped');
    expect(matrixConclusion(['skipped', 'success'])).toBe('success');
  });
});

describe('a run', () => {
  it('is cancelled when somebody cancelled it, and otherwise as its worst job', () => {
    expect(runConclusion(['failure', 'success'], true)).toBe('cancelled');
    expect(runConclusion(['failure', 'cancelled'], false)).toBe('failure');
    expect(runConclusion(['cancelled', 'success'], false)).toBe('cancelled');
    expect(runConclusion(['skipped'], false)).toBe('success');
    expect(runConclusion([], false)).toBe('success');
  });
});

describe('whether a job starts', () => {
  const id = (name: string) => name as JobId;
  /** a ← b ← c: only the conclusions differ. */
  const chain = (a?: Conclusion, b?: Conclusion): ReadonlyMap<JobId, JobStanding> => new Map([
    [id('a'), { needs: [], ...(a ? { conclusion: a } : {}) }],
    [id('b'), { needs: [id('a')], ...(b ? { conclusion: b } : {}) }],
    [id('c'), { needs: [id('b')] }],
  ]);
  const decide = (jobs: ReadonlyMap<JobId, JobStanding>, condition?: string, cancelled = false) =>
    decideJob({ id: id('c'), needs: [id('b')], ...(condition ? { if: condition } : {}) }, jobs, cancelled, () => ({
      contexts: { needs: { b: { result: jobs.get(id('b'))?.conclusion } } },
    })).kind;

  it('is open while one of its needs has not concluded, also with always()', () => {
    expect(decide(chain('success'))).toBe('wait');
    expect(decide(chain('success'), 'always()')).toBe('wait');
  });

  it.each<[Conclusion, Conclusion, string | undefined, string]>([
    ['success', 'success', undefined, 'start'],
    ['success', 'failure', undefined, 'skip'],
    ['success', 'skipped', undefined, 'skip'],
    ['success', 'cancelled', undefined, 'skip'],
    // The default success() is over all ancestors, not only the job's own needs.
    ['failure', 'success', undefined, 'skip'],
    ['skipped', 'success', undefined, 'skip'],
    ['failure', 'success', "success('b')", 'start'],
    ['failure', 'skipped', 'failure()', 'start'],
    ['success', 'failure', 'failure()', 'start'],
    ['success', 'failure', "failure('a')", 'skip'],
    ['success', 'success', 'failure()', 'skip'],
    ['failure', 'failure', 'always()', 'start'],
    ['success', 'failure', "needs.b.result == 'failure'", 'skip'],
    ['success', 'failure', "!cancelled() && needs.b.result == 'failure'", 'start'],
    ['success', 'success', "needs.b.result == 'failure'", 'skip'],
  ])('follows a=%s b=%s if: %s', (a, b, condition, decision) => expect(decide(chain(a, b), condition)).toBe(decision));

  it('is asked again when the run is cancelled: only always() and cancelled() start', () => {
    const done = chain('success', 'success');
    expect([undefined, 'always()', 'cancelled()', 'failure()', '!cancelled()'].map((condition) => decide(done, condition, true)))
      .toEqual(['skip', 'start', 'start', 'skip', 'skip']);
  });

  it('fails when its condition cannot be evaluated', () => {
    const decision = decideJob({ id: id('c'), needs: [], if: "fromJSON('{')" }, chain(), false, () => ({ contexts: {} }));
    expect(decision).toEqual({ kind: 'fail', error: expect.stringContaining('fromJSON was given what is not JSON') });
  });
});
