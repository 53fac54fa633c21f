import { describe, expect, it } from 'vitest';
import { describeJob, describeProgress } from '../../workflows/details.js';
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
  const failing = { ...record, jobs: record.jobs.map((job) => ({ ...job, steps: job.steps.map((step) => (step.conclusion === 'failure' ? { ...step, startedAt: 1000, endedAt: 3500, error: 'exit 3 | no\nmore of it' } : step)) })) };

  it('are what failed, with its first line, and a table of jobs and steps', () => {
    expect(describeProgress(failing)).toMatchInlineSnapshot(`
      "**deploy.yml** · failure

      - ✗ **b › step b/2**: exit 3 \\| no

      | job | step | state | time |
      |---|---|---|---|
      | **a** |  | ✓ success |  |
      | | step a/1 | ✓ success |  |
      | | step a/2 | ✓ success |  |
      | **b** |  | ✗ failure |  |
      | | step b/1 | ✓ success |  |
      | | step b/2 | ✗ failure: exit 3 \\| no | 2.5 s |
      | | step b/3 | ✓ success |  |
      | **c** |  | – skipped |  |
      | | step c/1 | – skipped |  |
      | | step c/2 | – skipped |  |

      \`\`\`
      exit 3 | no
      more of it
      \`\`\`"
    `);
  });

  it('of a job are the same of its steps', () => {
    expect(describeJob(failing.jobs[1]!)).toMatchInlineSnapshot(`
      "**b** · ✗ failure

      - ✗ **b › step b/2**: exit 3 \\| no

      | step | state | time |
      |---|---|---|
      | step b/1 | ✓ success |  |
      | step b/2 | ✗ failure: exit 3 \\| no | 2.5 s |
      | step b/3 | ✓ success |  |

      \`\`\`
      exit 3 | no
      more of it
      \`\`\`"
    `);
  });

  it('say since when that runs which runs, so that they stay the same until something changes', () => {
    const running = { ...first!, status: 'in_progress' as const, startedAt: Date.UTC(2030, 0, 2, 10), steps: first!.steps.map((step, at) => (at === 0 ? { ...step, status: 'in_progress' as const, startedAt: Date.UTC(2030, 0, 2, 10, 0, 5) } : step)) };
    expect(describeJob(running)).toContain('| step a/1 | ● in progress | since 10:00:05 UTC |\n| step a/2 | ○ queued |  |');
  });

  it('let no name and no error be markdown', () => {
    const hostile = '[x](javascript:alert(1)) <img src=x> | **b** `c` ```';
    const text = describeProgress({ ...record, name: hostile, jobs: [{ ...second!, name: hostile, status: 'completed', conclusion: 'failure', error: `${hostile}\n${hostile}` }] });
    const [shown = '', ...blocks] = text.split('\n```\n');
    expect(blocks).toHaveLength(1);
    expect(shown).not.toMatch(/(?<!\\)[<>[\]`]/);
    expect(shown.split('\n').filter((line) => line.startsWith('|')).every((line) => line.match(/(?<!\\)\|/g)?.length === 5)).toBe(true);
  });

  it('of thousands of steps are cut, and say by how many', () => {
    const many = { ...record, jobs: [{ ...first!, steps: Array.from({ length: 5000 }, () => first!.steps[0]!) }] };
    expect(describeProgress(many).split('\n').at(-1)).toBe('| … 4801 more | | | |');
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
