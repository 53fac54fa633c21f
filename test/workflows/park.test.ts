import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../language/plan.js';
import type { ProgressRecord } from '../../language/record.js';
import type { UPDATES } from '../../workflows/messages.js';
import { Harness, conclusions, fails, type JobSketch, plan, type Started, untilCancelled } from './harness.js';
import { shareWorker } from './sharedWorker.js';
import { NO_TIME_SKIPPING } from './timeSkipping.js';

let harness: Harness;
const worker = shareWorker((started) => { harness = started; });

const TIMES = { timeout: 50_000 };

function waiting(type: string, jobs: Readonly<Record<string, JobSketch>>, rest: Partial<Plan> = {}): Plan {
  return plan(type, jobs, { onFailure: 'wait', ...rest });
}

const parkedAt = ({ jobs }: ProgressRecord): string[] => jobs.flatMap(({ waiting: wait }) => (wait?.kind === 'parked' ? [wait.step] : []));

async function parks(run: Started, ...at: string[]): Promise<void> {
  await expect.poll(async () => parkedAt(await run.progress()), TIMES).toEqual(at);
}

async function refused(run: Started, update: keyof typeof UPDATES, ...args: unknown[]): Promise<string> {
  const error = await run.handle.executeUpdate<unknown, [unknown]>(update, { args: [args[0]] }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  return (error as WorkflowUpdateFailedError).cause?.message ?? '';
}

const tell = (run: Started, update: keyof typeof UPDATES, ...args: unknown[]): Promise<unknown> => run.handle.executeUpdate<unknown, [unknown]>(update, { args: [args[0]] });

async function ended(run: Started): Promise<ProgressRecord> {
  await run.handle.result().catch(() => undefined);
  return run.closed();
}

describe('a run with on-failure wait', () => {
  it('parks at the failed step before its exit handlers, with the error and the state waiting, and a retry goes on there', async () => {
    harness.work['a/2'] = fails('no more disk');
    const run = await harness.startRun(waiting('retried', { a: { steps: [{ id: 'one' }, {}, { if: 'always()' }, { run: 'echo ${{ steps.one.outputs.url }}' }] }, b: { needs: ['a'] } }));
    harness.work['a/one'] = () => ({ url: 'u1' });
    await parks(run, 'a/2');
    const record = await run.progress();
    expect(record).toMatchObject({ status: 'waiting', jobs: [{ status: 'waiting', steps: [{}, { status: 'waiting', outcome: 'failure', error: 'no more disk' }, { status: 'queued' }, { status: 'queued' }] }, { status: 'queued' }] });
    expect(record.jobs[0]!.waiting!.until! - record.jobs[0]!.waiting!.since).toBe(86_400_000);
    expect(harness.ledger).toEqual(['act a/one', 'act a/2']);
    delete harness.work['a/2'];
    expect(await tell(run, 'retry')).toEqual({ steps: ['a/2'] });
    const done = await ended(run);
    expect(done).toMatchObject({ conclusion: 'success', undone: false, jobs: [{ steps: [{}, { tries: 2 }, {}, {}] }, {}] });
    expect(harness.ledger).toEqual(['act a/one', 'act a/2', 'act a/2', 'act a/3', 'run a/4: echo u1', 'act b/1']);
  });

  it('parks at a script in the middle of a segment, and runs again that script and not those before it', async () => {
    harness.work['a/2'] = fails('exit 1');
    const run = await harness.startRun(waiting('segment', { a: { steps: [{ run: 'one' }, { run: 'two' }, { run: 'three', if: 'always()' }] } }));
    await parks(run, 'a/2');
    delete harness.work['a/2'];
    let tries: unknown;
    harness.onSteps = (input) => { tries = input.tries; };
    await tell(run, 'retry', { step: 'a/2' });
    expect((await ended(run)).conclusion).toBe('success');
    expect(tries).toEqual({ 'a/2': 2 });
    expect(harness.ledger).toEqual(['run a/1: one', 'run a/2: two', 'run a/2: two', 'run a/3: three']);
  });

  it('parks once more when the retry fails, and a third try may do', async () => {
    harness.work['a/1'] = fails('first');
    const run = await harness.startRun(waiting('again', { a: { steps: [{ run: 'it' }] } }));
    await parks(run, 'a/1');
    harness.work['a/1'] = fails('second');
    await tell(run, 'retry');
    await expect.poll(async () => (await run.progress()).jobs[0]?.steps[0], TIMES).toMatchObject({ status: 'waiting', error: 'second', tries: 2 });
    delete harness.work['a/1'];
    await tell(run, 'retry');
    expect(await ended(run)).toMatchObject({ conclusion: 'success', jobs: [{ steps: [{ tries: 3 }] }] });
  });

  it('goes on without a step that is skipped, with the outputs that are given for it', async () => {
    harness.work['a/make'] = fails('no');
    const run = await harness.startRun(waiting('skipped', {
      a: { steps: [{ id: 'make' }, { run: 'use ${{ steps.make.outputs.tag }} ${{ steps.make.conclusion }}' }], outputs: { tag: '${{ steps.make.outputs.tag }}' } },
    }));
    await parks(run, 'a/make');
    expect(await refused(run, 'skip', { outputs: { tag: 7 } })).toContain('"outputs" is an object of texts');
    await tell(run, 'skip', { outputs: { tag: 'v7' } });
    const record = await ended(run);
    expect(record).toMatchObject({ conclusion: 'success', jobs: [{ outputs: { tag: 'v7' }, steps: [{ conclusion: 'skipped', outputs: { tag: 'v7' } }, {}] }] });
    expect(harness.ledger).toEqual(['act a/make', 'run a/2: use v7 skipped']);
  });

  it('runs its exit handlers, fails and undoes all when it is given up', async () => {
    harness.work['a/2'] = fails('no');
    const run = await harness.startRun(waiting('given-up', { a: { steps: [{}, {}, { if: 'always()', undo: false }] }, b: { needs: ['a'] } }));
    await parks(run, 'a/2');
    await tell(run, 'undo');
    const record = await ended(run);
    expect(record).toMatchObject({ conclusion: 'failure', undone: true });
    expect(conclusions(record)).toMatchObject({ 'a/2': 'failure', 'a/3': 'success', b: 'skipped' });
    expect(harness.ledger).toEqual(['act a/1', 'act a/2', 'act a/3', 'undo a/2', 'undo a/1']);
  });

  it.each(['the update', "Temporal's own cancel"])('is undone and Canceled when %s comes while it is parked', async (how) => {
    harness.work['a/1'] = fails('no');
    const run = await harness.startRun(waiting('cancelled-while-parked', { a: { steps: [{}, { if: 'always()', undo: false }] } }));
    await parks(run, 'a/1');
    if (how === 'the update') await tell(run, 'cancel');
    else await run.handle.cancel();
    expect(await ended(run)).toMatchObject({ conclusion: 'cancelled', undone: true });
    expect((await run.handle.describe()).status.name).toBe('CANCELLED');
    expect(harness.ledger).toEqual(['act a/1', 'act a/2', 'undo a/1']);
  });

  it('lets its other jobs go on while one is parked, and each of two that are parked is decided by its own', async () => {
    harness.work['a/1'] = fails('no a');
    harness.work['b/1'] = fails('no b');
    let release: () => void = () => undefined;
    harness.work['c/1'] = () => new Promise((resolve) => { release = () => resolve({}); });
    const run = await harness.startRun(waiting('two', { a: {}, b: {}, c: {}, d: { needs: ['c'] } }));
    await parks(run, 'a/1', 'b/1');
    await expect.poll(() => harness.ledger.includes('act c/1')).toBe(true);
    expect((await run.progress()).status).toBe('in_progress');
    release();
    await expect.poll(async () => (await run.progress()).status, TIMES).toBe('waiting');
    expect(harness.ledger).toContain('act d/1');
    expect(await refused(run, 'retry')).toBe('more than one step is parked: name a/1 or b/1');
    harness.work = {};
    await tell(run, 'retry', { step: 'b/1' });
    await parks(run, 'a/1');
    await tell(run, 'skip');
    expect(conclusions(await ended(run))).toMatchObject({ 'a/1': 'skipped', 'b/1': 'success' });
  });

  it('tells the jobs of a matrix apart by their keys, and gives up all that is parked with one', async () => {
    harness.work['a/1'] = fails('no');
    const run = await harness.startRun(waiting('matrix', { a: { strategy: { matrix: { n: [1, 2] }, failFast: true } } }));
    await parks(run, 'a/1', 'a/1');
    expect(await refused(run, 'retry', { step: 'a/1' })).toBe('a/1 is parked in more than one job: name a (1)/1 or a (2)/1');
    delete harness.work['a/1'];
    expect(await tell(run, 'retry', { step: 'a (2)/1' })).toEqual({ steps: ['a (2)/1'] });
    await parks(run, 'a/1');
    await tell(run, 'undo');
    expect(conclusions(await ended(run))).toMatchObject({ 'a (1)': 'failure', 'a (2)': 'success' });
  });

  it('parks in a called workflow, too', async () => {
    harness.work['inner/1'] = fails('no');
    const run = await harness.startRun(waiting('called', { outer: { call: { jobs: { first: {}, inner: { needs: ['first'], steps: [{ run: 'x' }] } } } } }));
    await parks(run, 'inner/1');
    expect((await run.progress()).status).toBe('waiting');
    delete harness.work['inner/1'];
    expect(await tell(run, 'retry')).toEqual({ steps: ['outer / inner/1'] });
    expect((await ended(run)).conclusion).toBe('success');
  });

  it('refuses what cannot be done, with the reason, and leaves nothing of it in the history', async () => {
    harness.work['b/2'] = untilCancelled;
    const run = await harness.startRun(waiting('refused', { b: { steps: [{}, {}, {}] } }, { onFailure: 'wait' }));
    await expect.poll(() => harness.ledger.includes('act b/2'), TIMES).toBe(true);
    await expect.poll(async () => (await run.progress()).jobs[0]?.steps[1]?.status, TIMES).toBe('in_progress');
    const before = (await run.handle.fetchHistory()).events?.filter(({ eventType }) => String(eventType).includes('UPDATE')).length;
    expect(await refused(run, 'retry')).toBe(`no step of ${run.handle.workflowId} is parked: it is in progress`);
    expect(await refused(run, 'retry', { step: 'b/2' })).toContain('b/2 is running');
    expect(await refused(run, 'retry', { step: 'b/1' })).toContain('b/1 is over (success)');
    expect(await refused(run, 'skip', { step: 'b/3' })).toContain('b/3 has not begun');
    expect(await refused(run, 'skip', { step: 'x/1' })).toContain('there is no step "x/1"');
    expect(await refused(run, 'retry', { step: 7 })).toContain('"step" is the address of a step');
    expect(await refused(run, 'undo')).toContain('`cancel` ends a run that is at work');
    const after = (await run.handle.fetchHistory()).events?.filter(({ eventType }) => String(eventType).includes('UPDATE')).length;
    expect(after).toBe(before);
    await tell(run, 'cancel');
    await ended(run);
  });

  it('waits while no worker is there, and is retried by the next one', async () => {
    harness.work['a/1'] = fails('no');
    const run = await harness.startRun(waiting('worker-gone', { a: { steps: [{ run: 'x' }] } }));
    await parks(run, 'a/1');
    await worker.away(() => { delete harness.work['a/1']; });
    await tell(run, 'retry');
    expect((await ended(run)).conclusion).toBe('success');
  });

  it('does not park at a failure that is forgiven, nor in a job whose failure is', async () => {
    harness.work['a/1'] = fails('no');
    harness.work['b/1'] = fails('no');
    const record = await ended(await harness.startRun(waiting('forgiven', { a: { steps: [{ continueOnError: true }] }, b: { continueOnError: true } })));
    expect(record).toMatchObject({ conclusion: 'success', jobs: [{ conclusion: 'success' }, { result: 'failure', conclusion: 'success' }] });
  });

  it('does not count the wait as time of the job', async () => {
    harness.work['a/1'] = fails('no');
    const run = await harness.startRun(waiting('time', { a: { steps: [{ run: 'x' }, { run: 'y' }], timeoutMinutes: 2 / 60 } }));
    await parks(run, 'a/1');
    delete harness.work['a/1'];
    const { since } = (await run.progress()).jobs[0]!.waiting!;
    await expect.poll(() => Date.now() - since, TIMES).toBeGreaterThan(2200);
    await tell(run, 'retry');
    expect(await ended(run)).toMatchObject({ conclusion: 'success' });
  });
});

describe.skipIf(NO_TIME_SKIPPING)(`a run that is parked for a day${NO_TIME_SKIPPING ? ` (not shown: ${NO_TIME_SKIPPING})` : ''}`, () => {
  let skipping: Harness;
  beforeAll(async () => {
    skipping = await Harness.startSkippingTime();
  });
  afterAll(() => skipping.stop());

  it('is given up and undone when the day is over, and not before', async () => {
    skipping.work = { 'a/2': fails('no') };
    await skipping.withWorker(async () => {
      const run = await skipping.startRun(waiting('day', { a: { steps: [{}, {}, { if: 'always()', undo: false }] } }));
      await parks(run, 'a/2');
      await skipping.env.sleep('25 hours');
      await expect.poll(() => skipping.ledger, TIMES).toEqual(['act a/1', 'act a/2', 'act a/3', 'undo a/2', 'undo a/1']);
      const { events } = await skipping.env.client.workflow.getHandle(`${run.handle.workflowId}/a`).fetchHistory();
      const timer = events?.find((event) => event.timerStartedEventAttributes)?.timerStartedEventAttributes;
      expect(Number(timer?.startToFireTimeout?.seconds) / 3600).toBeCloseTo(24, 1);
      const at = (kind: 'timerStartedEventAttributes' | 'timerFiredEventAttributes'): number => Number(events?.find((event) => event[kind])?.eventTime?.seconds);
      expect((at('timerFiredEventAttributes') - at('timerStartedEventAttributes')) / 3600).toBeGreaterThan(23.9); // the test server may jump past it
      await run.handle.terminate().catch(() => undefined); // closed already, where time ran on
    });
  });
});
