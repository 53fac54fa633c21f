import { WorkflowUpdateFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { EnvironmentGate, Plan } from '../../language/plan.js';
import type { ProgressRecord } from '../../language/record.js';
import { Harness, type JobSketch, plan, type Started } from './harness.js';
import { shareWorker } from './sharedWorker.js';
import { NO_TIME_SKIPPING } from './timeSkipping.js';

const TIMES = { timeout: 50_000 };

function gated(type: string, jobs: Readonly<Record<string, JobSketch>>, environments: Readonly<Record<string, EnvironmentGate>>): Plan {
  return plan(type, jobs, { onFailure: 'keep', inputs: { stage: 'Production' }, facts: { github: {}, vars: {}, env: {}, runners: {}, environments } });
}

const tell = (run: Started, update: string, choice: object): Promise<unknown> => run.handle.executeUpdate<unknown, [object]>(update, { args: [choice] });

async function refused(run: Started, choice: object): Promise<string | undefined> {
  const error = await tell(run, 'approve', choice).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  return (error as WorkflowUpdateFailedError).cause?.message;
}

const waits = (run: Started, key: string): Promise<void> =>
  expect.poll(async () => (await run.progress()).jobs.find((job) => job.key === key)?.waiting?.kind, TIMES).toBe('gate');

describe('a job with an environment that has reviewers', () => {
  let harness: Harness;
  shareWorker((started) => { harness = started; });

  async function ended(run: Started): Promise<ProgressRecord> {
    await run.handle.result().catch(() => undefined);
    return run.closed();
  }

  it('waits before it begins until one of them approves; who, when and why stand in the record', async () => {
    const run = await harness.startRun(gated('approved', { a: {}, b: { needs: ['a'], environment: '${{ inputs.stage }}' } }, { production: { reviewers: ['Ann', 'bob'] } }));
    await waits(run, 'b');
    expect(await run.progress()).toMatchObject({ status: 'waiting', jobs: [{}, { status: 'waiting', waiting: { environment: 'Production', reviewers: ['Ann', 'bob'] } }] });
    expect(await refused(run, { environment: 'production', by: 'mallory' })).toBe('mallory is no reviewer of production: Ann, bob may decide');
    expect(await refused(run, { environment: 'staging', by: 'ann' })).toContain('no job waits for the environment staging');
    expect(await refused(run, { environment: 'production' })).toContain('say who decides');
    expect(harness.ledger).toEqual(['act a/1']);
    expect(await tell(run, 'approve', { environment: 'production', by: 'ann', comment: 'checked' })).toEqual({ steps: ['b'] });
    const record = await ended(run);
    expect(record).toMatchObject({ conclusion: 'success', jobs: [{}, { gate: { verdict: 'approved', by: 'ann', comment: 'checked' } }] });
    expect(record.jobs[1]!.gate!.at).toBeGreaterThan(record.startedAt - 60_000);
    expect(harness.ledger).toEqual(['act a/1', 'act b/1']);
  });

  it('fails with who rejected it and why, and so does a job of a called workflow', async () => {
    const run = await harness.startRun(gated('rejected', { outer: { call: { jobs: { inner: { environment: 'prod' } } } } }, { prod: { reviewers: ['ann'] } }));
    await waits(run, 'outer / inner');
    await tell(run, 'reject', { environment: 'prod', by: 'ann', comment: 'not on a Friday' });
    expect(await ended(run)).toMatchObject({ conclusion: 'failure', jobs: [{ conclusion: 'failure' }, { error: 'ann rejected it for the environment prod: not on a Friday', gate: { verdict: 'rejected' } }] });
    expect(harness.ledger).toEqual([]);
  });

  it('is cancelled with its run while it waits, and one without rules does not wait', async () => {
    const run = await harness.startRun(gated('cancelled-gate', { a: { environment: 'prod' }, b: { environment: 'free' } }, { prod: { reviewers: ['ann'] } }));
    await waits(run, 'a');
    await expect.poll(() => harness.ledger).toEqual(['act b/1']);
    await run.handle.cancel();
    expect(await ended(run)).toMatchObject({ conclusion: 'cancelled' });
  });
});

describe.skipIf(NO_TIME_SKIPPING)(`a gate for a month${NO_TIME_SKIPPING ? ` (not shown: ${NO_TIME_SKIPPING})` : ''}`, () => {
  it('waits 31 days for an approval, and for its wait timer', async () => {
    const skipping = await Harness.startSkippingTime();
    try {
      await skipping.withWorker(async () => {
        const run = await skipping.startRun(gated('month', { a: { environment: 'prod' }, b: { environment: 'later' } }, { prod: { reviewers: ['ann'] }, later: { reviewers: [], waitMinutes: 30 * 24 * 60 } }));
        await waits(run, 'a');
        await waits(run, 'b');
        await skipping.env.sleep('31 days');
        await expect.poll(() => skipping.ledger, TIMES).toEqual(['act b/1']);
        await tell(run, 'approve', { environment: 'prod', by: 'ann' });
        await expect.poll(() => skipping.ledger, TIMES).toEqual(['act b/1', 'act a/1']);
        const { jobs, startedAt } = await run.progress();
        expect((jobs[0]!.gate!.at - startedAt) / 86_400_000).toBeGreaterThanOrEqual(31);
        const { events } = await run.handle.fetchHistory();
        const timer = events?.find(({ timerStartedEventAttributes: started }) => Number(started?.startToFireTimeout?.seconds) > 86_400);
        const fired = events?.find(({ timerFiredEventAttributes: over }) => String(over?.startedEventId) === String(timer?.eventId));
        expect(Number(timer?.timerStartedEventAttributes?.startToFireTimeout?.seconds) / 86_400).toBeCloseTo(30, 1);
        expect((Number(fired?.eventTime?.seconds) - Number(timer?.eventTime?.seconds)) / 86_400).toBeGreaterThan(29.9); // the test server may jump past it
        await run.handle.terminate().catch(() => undefined); // closed already, where time ran on
      });
    } finally {
      await skipping.stop();
    }
  });
});
