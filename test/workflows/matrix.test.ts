import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import { Harness, conclusions, fails, plan, untilCancelled } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
});
afterAll(() => harness.stop());
beforeEach(() => {
  harness.ledger.length = 0;
  harness.work = {};
});

const keep = { onFailure: 'keep' } as const;
const running = async (count: number): Promise<void> => expect.poll(() => harness.ledger.length, { timeout: 20_000 }).toBe(count);

describe('a matrix', () => {
  it('has at most max-parallel jobs at work, and all of them in the end', async () => {
    let now = 0;
    const counts: number[] = [];
    let second = (): void => undefined;
    const two = new Promise<void>((resolve) => { second = resolve; });
    harness.work['m/1'] = async () => {
      counts.push(++now);
      if (now === 2) second();
      await two;
      now--;
      return {};
    };
    const strategy = { matrix: { n: [1, 2, 3, 4, 5, 6] }, failFast: true };
    const record = await harness.run(plan('most', { m: { strategy: { ...strategy, maxParallel: "${{ fromJSON('2') }}" } } }));
    expect(record.jobs.map(({ conclusion }) => conclusion)).toEqual(Array(6).fill('success'));
    expect(Math.max(...counts)).toBe(2);
  });

  it('that fails fast ends those at work and those that wait, and starts none of them', async () => {
    harness.work['m/1'] = async (input, context) => (input.job === 'm (1)' ? untilCancelled(input, context) : fails('no')(input, context));
    const strategy = { matrix: { n: [1, 2, 3] }, failFast: true, maxParallel: 2 };
    const record = await harness.run(plan('fast', { m: { strategy }, after: { needs: ['m'], if: "failure() && needs.m.result == 'failure'" } }, keep));
    expect(conclusions(record)).toMatchObject({ 'm (1)': 'cancelled', 'm (2)': 'failure', 'm (3)': 'cancelled', after: 'success' });
    expect(record.jobs[0]?.error).toBe('m (2) failed (fail-fast)');
    expect(harness.ledger.filter((line) => line === 'act m/1')).toHaveLength(2);
  });

  it('is not ended by a job whose failure is forgiven, and without fail-fast by none', async () => {
    harness.work['m/1'] = ({ job }) => {
      if (job.endsWith('(1)')) throw ApplicationFailure.nonRetryable('no');
      return {};
    };
    harness.work['s/1'] = harness.work['m/1'];
    const record = await harness.run(plan('forgiving', {
      m: { strategy: { matrix: { n: [1, 2] }, failFast: true, maxParallel: 1 }, continueOnError: '${{ matrix.n == 1 }}', steps: [{ undo: false }] },
      s: { strategy: { matrix: { n: [1, 2] }, failFast: false, maxParallel: 1 }, steps: [{ undo: false }] },
      after: { needs: ['m'], steps: [{ run: '${{ needs.m.result }}' }] },
    }, keep));
    expect(conclusions(record)).toMatchObject({ 'm (1)': 'success', 'm (2)': 'success', 's (1)': 'failure', 's (2)': 'success', after: 'success' });
    expect(harness.ledger).toContain('run after/1: success');
  });

  it('of more than 256 jobs, or of none, fails the job and says why', async () => {
    const matrix = (expression: string) => ({ strategy: { matrix: { n: expression }, failFast: true } });
    const record = await harness.run(plan('bounds', {
      list: { steps: [{ undo: false }], outputs: { many: `[${Array.from({ length: 257 }, (_, n) => n).join(',')}]` } },
      many: { needs: ['list'], ...matrix('${{ fromJSON(needs.list.outputs.many) }}') },
      none: { needs: ['list'], ...matrix("${{ fromJSON('[]') }}") },
    }, keep));
    expect(record.jobs.map(({ error }) => error)).toEqual([undefined, expect.stringContaining('257 jobs, and 256 is the most'), expect.stringContaining('a list with at least one value')]);
    expect(conclusions(record)).toMatchObject({ many: 'failure', none: 'failure' });
  });

  it('hands on the outputs of its last job that gave any, and names its jobs as GitHub does', async () => {
    harness.work['m/o'] = ({ job }): Record<string, string> => (job.startsWith('m (2') ? {} : { v: job });
    const strategy = { matrix: { n: [1, 2], os: ['x'] }, failFast: true, maxParallel: 1 };
    const record = await harness.run(plan('names', {
      m: { name: 'Make it', strategy, outputs: { v: '${{ steps.o.outputs.v }}' }, steps: [{ id: 'o', undo: false }] },
      own: { name: 'On ${{ matrix.n }}', strategy, steps: [{ undo: false }] },
      after: { needs: ['m'], steps: [{ run: '${{ needs.m.outputs.v }}' }] },
    }));
    expect(record.jobs.map(({ name }) => name)).toEqual(['Make it (1, x)', 'Make it (2, x)', 'On 1', 'On 2', 'after']);
    expect(harness.ledger).toContain('run after/1: m (1, x)');
  });

  it('of many jobs leaves at most eight events a job in its run', async () => {
    const n = Array.from({ length: 32 }, (_, at) => at);
    const events = await harness.withWorker(async () => {
      const { handle, closed } = await harness.startRun(plan('large', { m: { strategy: { matrix: { n }, failFast: true }, steps: [{ run: 'true' }, { run: 'true' }] } }));
      await handle.result();
      expect((await closed()).jobs).toHaveLength(n.length);
      return (await handle.fetchHistory()).events!.length;
    });
    expect(events / n.length).toBeLessThan(8);
  });

  it('starts at most 64 jobs in one workflow task, and all of them in the end', async () => {
    const n = Array.from({ length: 80 }, (_, at) => at);
    harness.work['m/1'] = async (input, context) => (input.job === 'm (0)' ? fails('no')(input, context) : {});
    const { record, starts } = await harness.withWorker(async () => {
      const { handle, closed } = await harness.startRun(plan('huge', { m: { strategy: { matrix: { n }, failFast: false } } }, { onFailure: 'keep' }));
      await handle.result().catch(() => undefined);
      const { events } = await handle.fetchHistory();
      return { record: await closed(), starts: events!.flatMap(({ startChildWorkflowExecutionInitiatedEventAttributes: of }) => (of ? [String(of.workflowTaskCompletedEventId)] : [])) };
    });
    expect(record.jobs.map(({ conclusion }) => conclusion)).toEqual(n.map((at) => (at === 0 ? 'failure' : 'success')));
    expect(starts).toHaveLength(n.length);
    expect(starts.filter((task) => task === starts[0])).toHaveLength(64);
  });
});

describe('a cancel of the run', () => {
  it('ends the jobs at work and those that wait their turn, but for those whose if holds', async () => {
    harness.work['m/1'] = untilCancelled;
    let go: () => void = () => undefined;
    harness.work['stays/1'] = () => new Promise((resolve) => { go = () => resolve({}); });
    await harness.withWorker(async () => {
      const { handle, closed } = await harness.startRun(plan('ladder', {
        m: { strategy: { matrix: { n: [1, 2] }, failFast: true, maxParallel: 1 } },
        stays: { if: 'always()' },
        late: { needs: ['m'], if: 'cancelled()' },
        never: { needs: ['m'], if: '!cancelled()' },
      }));
      await running(2);
      await handle.cancel();
      await running(3);
      go();
      await handle.result().catch(() => undefined);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      expect(conclusions(await closed())).toMatchObject({ 'm (1)': 'cancelled', 'm (2)': 'cancelled', stays: 'success', late: 'success', never: 'skipped' });
    });
  });

  it('is what a job gets that takes longer than it may: the run is Failed, and says which', async () => {
    harness.work['a/1'] = untilCancelled;
    await harness.withWorker(async () => {
      const { handle, closed } = await harness.startRun(plan('late', { a: { timeoutMinutes: "${{ fromJSON('0.02') }}", steps: [{ run: 'sleep' }, { run: 'tidy', if: 'always()' }] } }, keep));
      await handle.result().catch(() => undefined);
      expect((await handle.describe()).status.name).toBe('FAILED');
      expect(await closed()).toMatchObject({ conclusion: 'cancelled', jobs: [{ conclusion: 'cancelled', error: expect.stringContaining('timeout-minutes') }] });
    });
    expect(harness.ledger).toEqual(['run a/1: sleep', 'run a/2: tidy']);
  });
});

describe('run-name', () => {
  it('is evaluated, and stands in the record and the memo', async () => {
    await harness.withWorker(async () => {
      const { handle, closed } = await harness.startRun(plan('named', { a: {} }, { runName: 'Ship ${{ inputs.what }} by @${{ github.actor }}', inputs: { what: 'it' }, facts: { github: { actor: 'ada' }, vars: {}, env: {}, runners: {} } }));
      await handle.result();
      expect((await closed()).name).toBe('Ship it by @ada');
      expect((await handle.describe()).memo?.['name']).toBe('Ship it by @ada');
    });
  });
});
