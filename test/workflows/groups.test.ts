import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConcurrencyPlan, Plan } from '../../language/plan.js';
import { groupLockId, groupPlaceId } from '../../workflows/messages.js';
import { Harness, conclusions, plan, type Started, untilCancelled } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
});
afterAll(() => harness.stop());
let release: Record<string, () => void> = {};
beforeEach(() => {
  harness.ledger.length = 0;
  release = {};
  harness.work = { 'a/1': (input, context) => Promise.race([untilCancelled(input, context), new Promise<Record<string, string>>((resolve) => { release[input.run] = () => resolve({}); })]) };
});

const TIMES = { timeout: 20_000 };

function grouped(type: string, group: Partial<ConcurrencyPlan> = {}): Plan {
  return plan(type, { a: {} }, { onFailure: 'keep', concurrency: { group: `G-${type.split('-')[0]!}`, cancelInProgress: false, queue: 'single', ...group } });
}

async function statusIs(run: Started, status: string): Promise<void> {
  await expect.poll(async () => (await run.progress()).status, TIMES).toBe(status);
}

async function waitsAt(at: number, group: string, run: Started): Promise<void> {
  await expect.poll(async () => (await harness.env.client.workflow.getHandle(groupPlaceId(group, at)).describe().catch(() => undefined))?.memo?.['holder'], TIMES).toBe(run.handle.workflowId);
}

async function works(run: Started): Promise<void> {
  await expect.poll(() => release[run.handle.workflowId] !== undefined, TIMES).toBe(true);
}

const ended = async (run: Started): Promise<void> => void (await run.handle.result().catch(() => undefined));

describe('runs of a concurrency group', () => {
  it('have one that waits: a newer one takes its place, and it is Canceled with the reason', async () => {
    await harness.withWorker(async () => {
      const first = await harness.startRun(grouped('one'));
      await works(first);
      const second = await harness.startRun(grouped('one'));
      await waitsAt(1, 'g-ONE', second);
      const third = await harness.startRun(grouped('one'));
      await ended(second);
      expect((await second.handle.describe()).status.name).toBe('CANCELLED');
      expect(await second.closed()).toMatchObject({ conclusion: 'cancelled', error: 'a newer one took its place in the queue of the group G-one', jobs: [{ conclusion: 'cancelled' }] });
      await statusIs(third, 'waiting');
      release[first.handle.workflowId]!();
      await works(third);
      release[third.handle.workflowId]!();
      await ended(third);
      expect((await third.closed()).conclusion).toBe('success');
    });
    expect(harness.ledger).toEqual(['act a/1', 'act a/1']);
  });

  it('wait in order with queue max, and the one behind a run that gives up moves up', async () => {
    await harness.withWorker(async () => {
      const runs: Started[] = [];
      for (let at = 0; at < 4; at++) {
        const run = await harness.startRun(grouped('max', { queue: 'max' }));
        runs.push(run);
        await waitsAt(at, 'G-max', run);
      }
      const [first, second, third, fourth] = runs as [Started, Started, Started, Started];
      const place = async (): Promise<unknown> => { const { waitsFor, queuePlace } = await fourth.progress(); return [waitsFor, queuePlace]; };
      await expect.poll(place, TIMES).toEqual(['G-max', 3]);
      await third.handle.cancel();
      await ended(third);
      await waitsAt(2, 'G-max', fourth);
      await expect.poll(place, TIMES).toEqual(['G-max', 2]);
      await first.handle.terminate('a machine burned');
      await works(second);
      await waitsAt(1, 'G-max', fourth);
      release[second.handle.workflowId]!();
      await works(fourth);
      release[fourth.handle.workflowId]!();
      await ended(fourth);
    });
    expect(harness.ledger).toHaveLength(3);
  });

  it('end the one at work with cancel-in-progress, and wait until it has ended', async () => {
    await harness.withWorker(async () => {
      const first = await harness.startRun(grouped('hurry'));
      await works(first);
      const second = await harness.startRun(grouped('hurry', { cancelInProgress: "${{ github.run_id != '' }}" }));
      await ended(first);
      expect((await first.handle.describe()).status.name).toBe('CANCELLED');
      expect(await first.closed()).toMatchObject({ conclusion: 'cancelled', undone: true, error: `${second.handle.workflowId} took its place in the group G-hurry (cancel-in-progress)` });
      await works(second);
      release[second.handle.workflowId]!();
      await ended(second);
    });
    expect(harness.ledger).toEqual(['act a/1', 'undo a/1', 'act a/1']);
  });
});

describe('jobs of a concurrency group', () => {
  it('run one after the other, and say for what they wait', async () => {
    const concurrency = { group: 'jobs-${{ matrix.n > 0 }}', queue: 'max' as const };
    await harness.withWorker(async () => {
      const run = await harness.startRun(plan('jobs', { a: { strategy: { matrix: { n: [1, 2, 3] }, failFast: true }, concurrency } }));
      for (let left = 2; left >= 0; left--) {
        await works(run);
        await expect.poll(async () => (await run.progress()).jobs.filter(({ status, waitsFor }) => status === 'queued' && waitsFor === 'jobs-true').length, TIMES).toBe(left);
        const let_go = release[run.handle.workflowId]!;
        delete release[run.handle.workflowId];
        let_go();
      }
      await ended(run);
      expect((await run.closed()).conclusion).toBe('success');
    });
    await expect.poll(async () => (await harness.env.client.workflow.getHandle(groupLockId('jobs-true')).describe()).status.name, TIMES).not.toBe('RUNNING');
  });

  it('are ended by one of another run with cancel-in-progress, and the others of their run go on', async () => {
    const concurrency = { group: 'shared', cancelInProgress: true };
    await harness.withWorker(async () => {
      const first = await harness.startRun(plan('first', { a: { concurrency }, b: { needs: ['a'], if: "always() && needs.a.result == 'cancelled'" } }, { onFailure: 'keep' }));
      await works(first);
      const second = await harness.startRun(plan('second', { a: { concurrency } }));
      await ended(first);
      const record = await first.closed();
      expect(conclusions(record)).toMatchObject({ a: 'cancelled', b: 'success' });
      expect(record.jobs[0]?.error).toContain('took its place in the group shared');
      await works(second);
      release[second.handle.workflowId]!();
      await ended(second);
    });
  });

  it('that would wait for their own run are cancelled and say so', async () => {
    const record = await harness.run(plan('deadlock', { a: { concurrency: { group: 'SAME' } } }, { concurrency: { group: 'same', cancelInProgress: false, queue: 'single' } }));
    expect(record.jobs[0]).toMatchObject({ conclusion: 'cancelled' });
    expect(record.jobs[0]?.error).toContain('it would wait for itself');
    expect(harness.ledger).toEqual([]);
  });
});
