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
  harness.onSteps = () => undefined;
});

describe('jobs', () => {
  it('start as soon as their own needs have concluded, not when a whole row has', async () => {
    let release: () => void = () => undefined;
    harness.work['slow/1'] = () => new Promise((resolve) => { release = () => resolve({}); });
    harness.work['after/1'] = () => {
      release();
      return {};
    };
    const record = await harness.run(plan('dag', { slow: {}, quick: {}, after: { needs: ['quick'] } }));
    expect(record.conclusion).toBe('success');
  });

  it('are skipped when a need failed, unless their if uses a status function', async () => {
    harness.work['a/1'] = fails('no');
    const record = await harness.run(plan('needs', {
      a: {}, b: { needs: ['a'] }, c: { needs: ['b'], if: 'always()' }, d: { needs: ['b'], if: 'failure()' }, e: { needs: ['a'], if: "needs.a.result == 'failure'" },
    }, { onFailure: 'keep' }));
    expect(conclusions(record)).toMatchObject({ a: 'failure', b: 'skipped', c: 'success', d: 'success', e: 'skipped' });
    expect(record.conclusion).toBe('failure');
  });

  it('let the run pass with continue-on-error', async () => {
    harness.work['a/1'] = fails('no');
    const record = await harness.run(plan('forgiven', { a: { continueOnError: true }, b: { needs: ['a'] } }));
    expect(record.conclusion).toBe('success');
    expect(record.jobs[0]).toMatchObject({ result: 'failure', conclusion: 'success' });
  });

  it('expand a matrix, one child workflow a combination, and max-parallel limits them', async () => {
    let now = 0;
    let most = 0;
    harness.work['m/1'] = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return {};
    };
    const strategy = { matrix: { version: [1, 2], os: ['a', 'b'] }, failFast: true, maxParallel: 1 };
    const record = await harness.run(plan('matrix', { m: { strategy, steps: [{ with: { v: '${{ matrix.version }}${{ matrix.os }}' } }] } }));
    expect(record.jobs.map(({ key }) => key)).toEqual(['m (1, a)', 'm (1, b)', 'm (2, a)', 'm (2, b)']);
    expect(record.conclusion).toBe('success');
    expect(most).toBe(1);
  });

  it('cancel their siblings when one of a matrix fails fast', async () => {
    harness.work['m/1'] = async (input, context) => {
      if (input.with['v'] === '1') return untilCancelled(input, context);
      throw ApplicationFailure.nonRetryable('no');
    };
    const strategy = { matrix: { version: [1, 2] }, failFast: true };
    const record = await harness.run(plan('fail-fast', { m: { strategy, steps: [{ with: { v: '${{ matrix.version }}' } }] } }, { onFailure: 'keep' }));
    expect(record.jobs.map(({ conclusion }) => conclusion)).toEqual(['cancelled', 'failure']);
    expect(record.conclusion).toBe('failure');
  });

  it('that are terminated by hand fail the run, and their undos are registered from the plan', async () => {
    harness.work['a/2'] = untilCancelled;
    await harness.withWorker(async () => {
      const { handle, closed } = await harness.startRun(plan('forced', { a: { steps: [{}, {}] } }), {}, 'forced/t#1');
      await expect.poll(() => harness.ledger.length, { timeout: 20_000 }).toBe(2);
      await harness.env.client.workflow.getHandle('forced/t#1/a').terminate('by hand');
      await handle.result().catch(() => undefined);
      const record = await closed();
      expect(record).toMatchObject({ conclusion: 'failure', undone: true });
      expect(record.jobs[0]?.error).toContain('terminated');
    });
    expect(harness.ledger.slice(2)).toEqual(['undo a/2', 'undo a/1']);
  });
});

describe('steps', () => {
  it('follow GitHub in outcome, conclusion and if', async () => {
    harness.work['a/soft'] = fails('soft');
    harness.work['a/hard'] = fails('hard');
    const record = await harness.run(plan('steps', { a: { steps: [
      { id: 'soft', continueOnError: true },
      { if: "steps.soft.outcome == 'failure' && steps.soft.conclusion == 'success'" },
      { id: 'hard' },
      {},
      { if: 'failure()' },
      { if: 'cancelled()' },
    ] } }, { onFailure: 'keep' }));
    expect(conclusions(record)).toMatchObject({
      'a/soft': 'success', 'a/2': 'success', 'a/hard': 'failure', 'a/4': 'skipped', 'a/5': 'success', 'a/6': 'skipped', a: 'failure',
    });
  });

  it('that may be retried are tried again by the activity, and their undo is registered once', async () => {
    let tries = 0;
    harness.work['a/1'] = () => {
      if (++tries < 3) throw ApplicationFailure.retryable('flaky');
      return {};
    };
    const retry = { maxAttempts: 3, initialIntervalMs: 1, backoff: 1, maxIntervalMs: 10, nonRetryableExitCodes: [] };
    const record = await harness.run(plan('retried', { a: { steps: [{ retry }] } }));
    expect(tries).toBe(3);
    expect(record.undos).toHaveLength(1);
  });

  it('whose expression cannot be evaluated fail and say why, and the job goes on to its always() steps', async () => {
    const record = await harness.run(plan('bad', { a: { steps: [{ with: { v: "${{ fromJSON('{') }}" } }, { if: 'always()' }] } }, { onFailure: 'keep' }));
    expect(record.jobs[0]?.steps[0]?.error).toContain('fromJSON');
    expect(conclusions(record)).toMatchObject({ 'a/1': 'failure', 'a/2': 'success' });
  });

  it('with run: are given to the script activity, and their undo is a script too', async () => {
    harness.work['a/2'] = fails('exit 1');
    await harness.run(plan('script', { a: { steps: [{ run: 'echo ${{ github.run_id }}', undo: true }, { run: 'false' }] } }), {}, 'script/t#9');
    expect(harness.ledger).toEqual(['run a/1: echo script/t#9', 'run a/2: false', 'undo a/1']);
  });

  it('whose worker is lost while they are cancelled are asked for again, so that their records come and always() steps run', async () => {
    let asked = 0;
    harness.onSteps = async ({ cancelled }, context) => {
      asked += 1;
      if (cancelled) return;
      const heart = setInterval(() => context.heartbeat(), 100);
      await context.cancelled.catch(() => undefined);
      clearInterval(heart);
      throw ApplicationFailure.retryable('the worker was killed while it did this', 'WorkerKilled');
    };
    await harness.withWorker(async () => {
      const { handle, closed } = await harness.startRun(plan('cut-off', { a: { steps: [{ run: 'one' }, { run: 'two', if: 'always()' }] } }));
      await expect.poll(() => asked, { timeout: 20_000 }).toBe(1);
      await handle.cancel();
      await handle.result().catch(() => undefined);
      expect(conclusions(await closed())).toEqual({ a: 'cancelled', 'a/1': 'skipped', 'a/2': 'success' });
    });
    expect(asked).toBe(2);
  });
});
