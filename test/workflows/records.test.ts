import { describe, expect, it } from 'vitest';
import { describeProgress } from '../../workflows/details.js';
import { fitRecord } from '../../workflows/fitRecord.js';
import { freshRecord, nextAttempt } from '../../workflows/records.js';
import type { Conclusion, JobRecord, ProgressRecord } from '../../language/record.js';
import { plan } from './harness.js';

function ended(job: JobRecord, conclusion: Conclusion, ...steps: readonly Conclusion[]): JobRecord {
  return {
    ...job, status: 'completed', conclusion, result: conclusion,
    steps: job.steps.map((step, i) => ({ ...step, status: 'completed', conclusion: steps[i]!, outcome: steps[i]!, outputs: { n: String(i) } })),
  };
}

const [first, second, third] = freshRecord(plan('t', { a: { steps: [{}, {}] }, b: { steps: [{}, {}, {}] }, c: { steps: [{}, {}] } }));
const record = {
  run: 'deploy/t#1', file: 'deploy.yml', attempt: 1, inputs: {}, status: 'completed', conclusion: 'failure', undone: false, undos: [], startedAt: 0,
  jobs: [ended(first!, 'success', 'success', 'success'), ended(second!, 'failure', 'success', 'failure', 'success'), ended(third!, 'skipped', 'skipped', 'skipped')],
} as unknown as ProgressRecord;

describe('the next attempt', () => {
  it('keeps what succeeded, and opens the failed step, all after it, and the jobs that were skipped', () => {
    const next = nextAttempt(record, 5);
    expect(next.attempt).toBe(2);
    expect(next.jobs.map(({ status }) => status)).toEqual(['completed', 'queued', 'queued']);
    expect(next.jobs.map(({ steps }) => steps.map(({ status }) => status))).toEqual([
      ['completed', 'completed'], ['completed', 'queued', 'queued'], ['queued', 'queued'],
    ]);
    expect(next.jobs[1]!.steps[0]!.outputs).toEqual({ n: '0' });
    expect(next.jobs[1]!.steps[1]!.outputs).toEqual({});
  });
});

describe('the Current Details of the UI', () => {
  it('are a table of jobs and steps with the failing line', () => {
    const failing = { ...record, jobs: record.jobs.map((job) => ({ ...job, steps: job.steps.map((step) => (step.conclusion === 'failure' ? { ...step, error: 'exit 3 | no' } : step)) })) };
    expect(describeProgress(failing)).toMatchInlineSnapshot(`
      "**deploy.yml** · attempt 1 · failure

      | job | step | state | time |
      |---|---|---|---|
      | **a** | | ✓ success |  |
      | | step a/1 | ✓ success |  |
      | | step a/2 | ✓ success |  |
      | **b** | | ✗ failure |  |
      | | step b/1 | ✓ success |  |
      | | step b/2 | ✗ failure |  |
      | | step b/3 | ✓ success |  |
      | **c** | | – skipped |  |
      | | step c/1 | – skipped |  |
      | | step c/2 | – skipped |  |

      \`\`\`
      exit 3 | no
      \`\`\`"
    `);
  });
});

describe('a record that is too large for a memo', () => {
  const large = { ...record, jobs: record.jobs.map((job) => ({ ...job, steps: job.steps.map((step) => ({ ...step, outputs: { text: 'x'.repeat(1000) } })) })) };

  it('loses the steps of jobs that succeeded first, then all steps but those that failed, and never a job', () => {
    expect(fitRecord(large)).toBe(large);
    const smaller = fitRecord(large, JSON.stringify(large).length - 1);
    expect(smaller.jobs.map(({ steps }) => steps.length)).toEqual([0, 3, 2]);
    const least = fitRecord(large, 10);
    expect(least.jobs.map(({ steps }) => steps.map(({ name }) => name))).toEqual([[], ['step b/2'], []]);
    expect(least.jobs.map(({ conclusion }) => conclusion)).toEqual(['success', 'failure', 'skipped']);
  });
});
