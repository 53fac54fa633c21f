import { describe, expect, it } from 'vitest';
import type { Plan } from '../../language/plan.js';
import { changesOfCompleted } from '../../language/planChanges.js';
import type { ProgressRecord } from '../../language/record.js';
import type { Restart } from '../../language/restart.js';
import { restart } from '../../workflows/restart.js';
import { fails, plan, type Harness, type Started } from './harness.js';
import { shareWorker } from './sharedWorker.js';

let harness: Harness;
shareWorker((started) => { harness = started; });

async function ended(run: Started): Promise<ProgressRecord> {
  await run.handle.result().catch(() => undefined);
  return run.closed();
}

let count = 0;
async function twice(sketch: Plan, from: Restart | undefined, change: () => void = () => undefined): Promise<{ readonly first: ProgressRecord; readonly second: ProgressRecord }> {
  const id = `${sketch.type}/again#${++count}`;
  const first = await ended(await harness.startRun(sketch, {}, id));
  harness.ledger.length = 0;
  harness.work = {};
  change();
  return { first, second: await ended(await harness.startRun(sketch, { continueFrom: { plan: sketch, record: first, ...(from ? { from } : {}) } }, id)) };
}

const deploy = plan('rerun', {
  build: { steps: [{ id: 'make', run: 'make' }], outputs: { tag: '${{ steps.make.outputs.tag }}' } },
  test: { steps: [{ run: 'one' }, { run: 'two ${{ needs.build.outputs.tag }}' }, { run: 'three' }], needs: ['build'] },
  lint: { steps: [{ run: 'lint' }] },
  ship: { needs: ['test'], steps: [{ run: 'ship' }] },
}, { onFailure: 'keep' });

describe('the next attempt of a run', () => {
  it('runs the failed jobs whole, and those that need them, with the outputs of the others', async () => {
    harness.work = { 'build/make': () => ({ tag: 'v7' }), 'test/2': fails('no') };
    const { second } = await twice(deploy, { kind: 'failed-jobs' });
    expect(second).toMatchObject({ conclusion: 'success', attempt: 2 });
    expect(harness.ledger).toEqual(['run test/1: one', 'run test/2: two v7', 'run test/3: three', 'run ship/1: ship']);
  });

  it('runs one job and those that need it, and leaves another that failed as it is', async () => {
    harness.work = { 'lint/1': fails('ugly') };
    const { second } = await twice(deploy, { kind: 'job', job: 'test' });
    expect(second).toMatchObject({ conclusion: 'failure' });
    expect(harness.ledger).toEqual(['run test/1: one', 'run test/2: two ', 'run test/3: three', 'run ship/1: ship']);
  });

  it('begins at a step, also of a run that succeeded', async () => {
    const { second } = await twice(deploy, { kind: 'step', step: 'test/3' });
    expect(second.conclusion).toBe('success');
    expect(harness.ledger).toEqual(['run test/3: three', 'run ship/1: ship']);
  });

  it('runs all again, also of a run that was undone, and undoes it again when it fails again', async () => {
    harness.work = { 'a/2': fails('no') };
    const { first, second } = await twice(plan('all', { a: { steps: [{}, {}] } }), { kind: 'all' }, () => { harness.work = { 'a/2': fails('no') }; });
    expect([first.undone, second.undone]).toEqual([true, true]);
    expect(harness.ledger).toEqual(['act a/1', 'act a/2', 'undo a/2', 'undo a/1']);
  });

  it('runs the job of a called workflow that failed, and lets the call and what needs it go on', async () => {
    harness.work = { 'inner/1': fails('no') };
    await twice(plan('called', { outer: { call: { jobs: { first: { steps: [{ run: 'first' }] }, inner: { needs: ['first'], steps: [{ run: 'inner' }] } } } }, after: { needs: ['outer'], steps: [{ run: 'after' }] } }, { onFailure: 'keep' }), { kind: 'failed-jobs' });
    expect(harness.ledger).toEqual(['run inner/1: inner', 'run after/1: after']);
  });

  it('is refused for a job and a step that it does not have, with what there is', async () => {
    expect((await twice(deploy, { kind: 'job', job: 'tset' })).second.error).toContain('it has no job "tset": there are build, test, lint, ship');
    expect((await twice(deploy, { kind: 'step', step: 'test/9' })).second.error).toMatch(/it has no step "test\/9": test has test\/1, /);
    expect((await twice(deploy, { kind: 'failed-jobs' })).second.error).toContain('no job of it failed');
    expect(harness.ledger).toEqual([]);
  });
});

describe('a record that goes on with an edited plan', () => {
  const edited = (jobs: Parameters<typeof plan>[1]): Plan => plan('rerun', jobs, { onFailure: 'keep' });
  const before = edited({ a: { steps: [{ run: 'one' }, { run: 'two' }] } });
  const done = { run: 'rerun/t#1', file: 'x', attempt: 1, inputs: {}, status: 'completed', undone: false, undos: [], startedAt: 0, jobs: [{
    key: 'a', id: 'a', name: 'a', status: 'completed', conclusion: 'failure', result: 'failure', outputs: {},
    steps: [{ address: 'a/1', name: 'one', status: 'completed', conclusion: 'success', outputs: {} }, { address: 'a/2', name: 'two', status: 'completed', conclusion: 'failure', outputs: {} }],
  }] } as unknown as ProgressRecord;
  const kept = { jobs: [{ ...done.jobs[0]!, steps: done.jobs[0]!.steps.slice(0, 1) }] };

  it('has the new steps and jobs to do, and the completed steps as they were', () => {
    const after = edited({ a: { steps: [{ run: 'one' }, { run: 'other' }, { run: 'more' }] }, b: {} });
    expect(changesOfCompleted(before, after, kept)).toEqual([]);
    const next = restart(done, after, { kind: 'failed-step' }, 1);
    expect(next.jobs.map(({ key, steps }) => [key, steps.map(({ address, status }) => `${address} ${status}`)])).toEqual([
      ['a', ['a/1 completed', 'a/2 queued', 'a/3 queued']], ['b', ['b/1 queued']],
    ]);
  });

  it('names each change to what is completed', () => {
    expect(changesOfCompleted(before, edited({ a: { steps: [{ run: 'uno' }, { run: 'two' }] } }), kept)).toEqual(['a/1: run "one" -> "uno"']);
    expect(changesOfCompleted(before, edited({ b: {} }), kept)).toEqual(['a: the file has no such job any more']);
    expect(changesOfCompleted(before, edited({ a: { steps: [{ id: 'new', run: 'new' }, { run: 'one' }] } }), kept)).toEqual(['a/1: the file has no such step any more']);
  });
});
