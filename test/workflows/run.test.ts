import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, type ApplicationFailure } from '@temporalio/common';
import { MEMO, groupLockId } from '../../workflows/messages.js';
import type { Plan } from '../../language/plan.js';
import type { ProgressRecord } from '../../language/record.js';
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

describe('a run', () => {
  it('runs jobs in the order of their needs and hands outputs along', async () => {
    harness.work['build/make'] = () => ({ tag: 'v7' });
    let seen: unknown;
    harness.work['ship/1'] = ({ with: values }) => {
      seen = values['tag'];
      return {};
    };
    const record = await harness.run(plan('outputs', {
      ship: { needs: ['build'], steps: [{ with: { tag: '${{ needs.build.outputs.tag }}' } }] },
      build: { steps: [{ id: 'make' }], outputs: { tag: '${{ steps.make.outputs.tag }}' } },
    }));
    expect(record).toMatchObject({ conclusion: 'success', status: 'completed', attempt: 1 });
    expect(harness.ledger).toEqual(['act build/make', 'act ship/1']);
    expect(seen).toBe('v7');
  });

  it('is Failed in Temporal when a step fails, and undoes what was made, last in, first out', async () => {
    harness.work['b/1'] = fails('no more disk');
    const failing = plan('undone', { a: { steps: [{}, {}] }, b: { needs: ['a'] }, c: { needs: ['b'] } });
    await harness.withWorker(async () => {
      const { handle, closed } = await harness.startRun(failing);
      const error = await handle.result().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect(((error as WorkflowFailedError).cause as ApplicationFailure).type).toBe('RunFailed');
      expect((error as WorkflowFailedError).cause?.message).toContain('b/1 failed: no more disk');
      const record = await closed();
      expect(record).toMatchObject({ conclusion: 'failure', undone: true });
      expect(conclusions(record)).toMatchObject({ a: 'success', b: 'failure', c: 'skipped', 'c/1': 'skipped' });
    });
    expect(harness.ledger).toEqual(['act a/1', 'act a/2', 'act b/1', 'undo b/1', 'undo a/2', 'undo a/1']);
  });

  it('goes on with the other undos when one fails, and lists what was left', async () => {
    harness.work['a/2'] = fails('broken');
    harness.work['undo a/2'] = fails('still in use');
    harness.work['undo a/1'] = () => ({ thing: 'network demo: busy' });
    const record = await harness.run(plan('left', { a: { steps: [{}, {}] } }));
    expect(harness.ledger).toEqual(['act a/1', 'act a/2', 'undo a/2', 'undo a/1']);
    expect(record.undos.map(({ left }) => left)).toEqual([['network demo: busy'], ['step a/2: still in use']]);
  });

  it('keeps what was made with on-failure keep, and the next attempt goes on at the failed step', async () => {
    harness.work['a/2'] = fails('not yet');
    const kept = plan('kept', { a: { steps: [{ id: 'one' }, {}, {}] }, b: { needs: ['a'] } }, { onFailure: 'keep' });
    harness.work['a/one'] = () => ({ url: 'u1' });
    const first = await harness.run(kept, {}, 'kept/t#77');
    expect(first).toMatchObject({ conclusion: 'failure', undone: false, attempt: 1 });
    expect(harness.ledger).toEqual(['act a/one', 'act a/2']);
    harness.ledger.length = 0;
    harness.work = {};
    const second = await harness.run(kept, { continueFrom: { plan: kept, record: first } }, 'kept/t#77');
    expect(second).toMatchObject({ conclusion: 'success', attempt: 2 });
    expect(harness.ledger).toEqual(['act a/2', 'act a/3', 'act b/1']);
    expect(second.jobs[0]?.steps[0]?.outputs).toEqual({ url: 'u1' });
  });

  it('undoes all attempts when a resumed run fails for good', async () => {
    harness.work['a/2'] = fails('no');
    const kept = plan('resumed-undo', { a: { steps: [{}, {}] } }, { onFailure: 'keep' });
    const first = await harness.run(kept, {}, 'resumed-undo/t#1');
    harness.ledger.length = 0;
    await harness.run(kept, { continueFrom: { plan: kept, record: first }, onFailure: 'undo' }, 'resumed-undo/t#1');
    expect(harness.ledger).toEqual(['act a/2', 'undo a/2', 'undo a/1']);
  });

  it('refuses to go on from a run that was undone', async () => {
    harness.work['a/1'] = fails('no');
    const undone = plan('refused', { a: {} });
    const first = await harness.run(undone, {}, 'refused/t#1');
    harness.ledger.length = 0;
    const second = await harness.run(undone, { continueFrom: { plan: undone, record: first } }, 'refused/t#1');
    expect(second.error).toContain('start a new run');
    expect(harness.ledger).toEqual([]);
  });

  it('is Canceled in Temporal when it is cancelled: always() steps run, then everything is undone', async () => {
    harness.work['a/2'] = untilCancelled;
    const cancelled = plan('cancelled', { a: { steps: [{}, {}, {}, { if: 'always()' }] }, b: { needs: ['a'] } }, { onFailure: 'keep' });
    await harness.withWorker(async () => {
      const { handle, progress, closed } = await harness.startRun(cancelled);
      await expect.poll(async () => harness.ledger.includes('act a/2') && (await progress()).jobs[0]?.steps[1]?.status, { timeout: 20_000 }).toBe('in_progress');
      await handle.cancel();
      const error = await handle.result().catch((e: unknown) => e);
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      const record = await closed();
      expect(conclusions(record)).toMatchObject({ a: 'cancelled', 'a/2': 'cancelled', 'a/3': 'skipped', 'a/4': 'success', b: 'skipped' });
      expect(record.undone).toBe(true);
    });
    expect(harness.ledger).toEqual(['act a/1', 'act a/2', 'act a/4', 'undo a/4', 'undo a/2', 'undo a/1']);
  });

  it('starts nothing and fails as InvalidRun when the file cannot be planned', async () => {
    await harness.withWorker(async () => {
      const handle = await harness.env.client.workflow.start('no-such-file', { workflowId: 'x#1', taskQueue: 'fleetwright', args: [{}] });
      const error = await handle.result().catch((e: unknown) => e);
      expect(((error as WorkflowFailedError).cause as ApplicationFailure).type).toBe('InvalidRun');
    });
    expect(harness.ledger).toEqual([]);
  });

  it('waits while another run holds its concurrency group, and takes it over when that run is terminated', async () => {
    const grouped = (type: string): Plan => plan(type, { a: {} }, { concurrency: { group: 'cluster-${{ inputs.cluster }}', cancelInProgress: false, queue: 'single' }, inputs: { cluster: 'Demo' } });
    harness.work['a/1'] = async (input, context) => (input.run.startsWith('first') ? untilCancelled(input, context) : {});
    await harness.withWorker(async () => {
      const first = await harness.startRun(grouped('first'));
      await expect.poll(() => harness.ledger.length, { timeout: 20_000 }).toBe(1);
      const lock = await harness.env.client.workflow.getHandle(groupLockId('cluster-demo')).describe();
      expect(lock.memo?.['holder']).toBe(first.handle.workflowId);
      const second = await harness.startRun(grouped('second'));
      await expect.poll(async () => (await second.progress()).status, { timeout: 20_000 }).toBe('waiting');
      await first.handle.terminate('a machine burned');
      await second.handle.result();
      expect((await second.closed()).conclusion).toBe('success');
    });
    expect(harness.ledger).toEqual(['act a/1', 'act a/1']);
  });

  it('shows its jobs and steps while it runs, with every step but the running one concluded', async () => {
    let release: () => void = () => undefined;
    harness.work['a/3'] = () => new Promise((resolve) => { release = () => resolve({}); });
    await harness.withWorker(async () => {
      const { handle, progress } = await harness.startRun(plan('shown', { a: { steps: [{}, {}, {}, {}] } }));
      const statuses = async (): Promise<unknown> => (await progress()).jobs[0]?.steps.map(({ status }) => status);
      await expect.poll(statuses, { timeout: 20_000 }).toEqual(['completed', 'completed', 'in_progress', 'queued']);
      await expect.poll(() => harness.ledger.length).toBe(3);
      release();
      await handle.result();
    });
  });

  it('writes its record into the memo, so that a client reads them without a worker', async () => {
    const { handle } = await harness.withWorker(async () => {
      const started = await harness.startRun(plan('memo', { a: {} }));
      await started.handle.result();
      return started;
    });
    const { memo } = await handle.describe();
    expect((memo?.[MEMO.record] as ProgressRecord | undefined)?.conclusion).toBe('success');
  });
});
