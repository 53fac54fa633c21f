import { describe, expect, it } from 'vitest';
import type { Plan } from '../../language/plan.js';
import type { ProgressRecord } from '../../language/record.js';
import type { Restart } from '../../language/restart.js';
import { conclusions, fails, type Harness, plan, type Started } from './harness.js';
import { shareWorker } from './sharedWorker.js';

let harness: Harness;
shareWorker((started) => { harness = started; });

async function ended(run: Started): Promise<ProgressRecord> {
  await run.handle.result().catch(() => undefined);
  return run.closed();
}

const deploy = plan('undone', {
  boot: { steps: [{ id: 'net' }, { id: 'servers' }] },
  web: { needs: ['boot'], steps: [{ id: 'start' }, { id: 'look', undo: false }, { id: 'tell' }] },
}, { onFailure: 'keep' });

let count = 0;
/** A run and what is made of it afterwards. */
function begun(sketch: Plan = deploy) {
  const id = `${sketch.type}/t#${++count}`;
  let record: ProgressRecord | undefined;
  let attempt: Started | undefined;
  return {
    status: async () => (await attempt!.handle.describe()).status.name,
    /** Its next attempt, or its first. */
    go: async (from?: Restart): Promise<ProgressRecord> => {
      harness.ledger.length = 0;
      attempt = await harness.startRun(sketch, record ? { continueFrom: { plan: sketch, record, ...(from ? { from } : {}) } } : {}, id);
      return record = await ended(attempt);
    },
  };
}

describe('the undo of a run that is over', () => {
  it('undoes all that a run which succeeded has made, last first, and runs no step', async () => {
    const run = begun();
    expect((await run.go()).conclusion).toBe('success');
    const undone = await run.go({ kind: 'undo' });
    expect(harness.ledger).toEqual(['undo web/tell', 'undo web/start', 'undo boot/servers', 'undo boot/net']);
    expect(undone).toMatchObject({ status: 'completed', conclusion: 'success', undone: true, attempt: 2 });
    expect(conclusions(undone)).toMatchObject({ boot: 'success', 'web/look': 'success' });
    expect(await run.status()).toBe('COMPLETED');
  });

  it('undoes a run that failed and was kept', async () => {
    harness.work = { 'web/look': fails('no') };
    const run = begun();
    await run.go();
    const undone = await run.go({ kind: 'undo' });
    expect(harness.ledger).toEqual(['undo web/start', 'undo boot/servers', 'undo boot/net']);
    expect(undone).toMatchObject({ conclusion: 'failure', undone: true });
    expect(await run.status()).toBe('COMPLETED');
  });

  it('stops at the step that is named, with it; a resume does again what was undone and all that needs it, and the next undo knows of both', async () => {
    const run = begun();
    await run.go();
    const told: unknown[] = [];
    harness.work['undo web/start'] = ({ of, partly }) => { told.push([of, partly]); return {}; };
    const part = await run.go({ kind: 'undo', to: 'boot/servers' });
    expect(harness.ledger).toEqual(['undo web/tell', 'undo web/start', 'undo boot/servers']);
    expect(part).toMatchObject({ undone: false, conclusion: 'success' });
    const again = await run.go();
    expect(harness.ledger).toEqual(['act boot/servers', 'act web/start', 'act web/look', 'act web/tell']);
    expect(again).toMatchObject({ conclusion: 'success', undone: false, attempt: 3 });
    await run.go({ kind: 'undo' });
    expect(harness.ledger).toEqual(['undo web/tell', 'undo web/start', 'undo boot/servers', 'undo boot/net']);
    expect(told).toEqual([['act', true], ['act', undefined]]);
  });

  it('goes on, after a part, with the rest', async () => {
    const run = begun();
    await run.go();
    await run.go({ kind: 'undo', to: 'web/start' });
    expect(await run.go({ kind: 'undo' })).toMatchObject({ undone: true });
    expect(harness.ledger).toEqual(['undo boot/servers', 'undo boot/net']);
  });

  it('tries again what could not be undone, and nothing else', async () => {
    harness.work = { 'undo boot/servers': () => ({ one: 'core01: busy' }) };
    const run = begun();
    await run.go();
    expect((await run.go({ kind: 'undo' })).undos.flatMap(({ left }) => left)).toEqual(['core01: busy']);
    expect(await run.status()).toBe('FAILED');
    harness.work = {};
    expect((await run.go({ kind: 'undo' })).undos.flatMap(({ left }) => left)).toEqual([]);
    expect(harness.ledger).toEqual(['undo boot/servers']);
    expect(await run.status()).toBe('COMPLETED');
  });

  it.each<readonly [string, Plan, readonly Restart[], string]>([
    ['where it was undone already', deploy, [{ kind: 'undo' }, { kind: 'undo' }], 'was undone already'],
    ['where nothing registered an undo', plan('none', { a: { steps: [{ undo: false }] } }), [{ kind: 'undo' }], 'no step of none/t#'],
    ['for a step without one', deploy, [{ kind: 'undo', to: 'web/look' }], 'registered no undo: boot/net, boot/servers, web/start, web/tell did'],
    ['for a part of a run of which some is undone', deploy, [{ kind: 'undo', to: 'web/tell' }, { kind: 'job', job: 'boot' }], 'a part of what it made was undone: a resume does that again'],
  ])('is refused %s', async (_, sketch, asked, reason) => {
    const run = begun(sketch);
    await run.go();
    let last: ProgressRecord | undefined;
    for (const from of asked) last = await run.go(from);
    expect(last!.error).toContain(reason);
    expect(harness.ledger).toEqual([]);
  });
});
