import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretsOfCalls } from '../../language/callSecrets.js';
import type { StepsInput } from '../../activities/contract.js';
import { type CallSketch, Harness, conclusions, fails, plan, untilCancelled } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
});
afterAll(() => harness.stop());
beforeEach(() => {
  harness.ledger.length = 0;
  harness.work = {};
  harness.host = {};
  harness.onSteps = () => undefined;
});

describe('a job that calls a workflow', () => {
  it('gives it typed inputs, and has its outputs and result, while the env of the caller stays behind', async () => {
    harness.work['build/make'] = () => ({ tag: 'v7' });
    const call: CallSketch = {
      with: { count: '${{ needs.before.outputs.n }}', Flag: true }, inputs: { count: { type: 'number' }, flag: { type: 'boolean' }, text: { type: 'string', default: 'of ${{ github.actor }}' }, none: { type: 'number' } },
      outputs: { tag: '${{ jobs.build.outputs.tag }}' }, env: { INNER: 'inner' },
      jobs: { build: {
        outputs: { tag: '${{ steps.make.outputs.tag }}' },
        steps: [{ id: 'make', run: '${{ inputs.count == 3 && inputs.flag }} ${{ inputs.text }} ${{ inputs.none }} ${{ env.OUTER }}${{ env.INNER }}' }],
      } },
    };
    const record = await harness.run(plan('calling', {
      before: { steps: [{ id: 's', undo: false }], outputs: { n: '3' } },
      caller: { needs: ['before'], call },
      after: { needs: ['caller'], steps: [{ run: '${{ needs.caller.result }} ${{ needs.caller.outputs.tag }}' }] },
    }, { env: { OUTER: 'outer' }, facts: { github: { actor: 'ada' }, vars: {}, env: {}, runners: {} } }));
    expect(record.conclusion).toBe('success');
    expect(harness.ledger).toEqual(['act before/s', 'run build/make: true of ada 0 inner', 'run after/1: success v7']);
    expect(record.jobs.map(({ key, caller, name }) => [key, caller, name])).toEqual([
      ['before', undefined, 'before'], ['caller', undefined, 'caller'], ['caller / build', 'caller', 'caller / build'], ['after', undefined, 'after'],
    ]);
  });

  it('fails as its jobs do, and says so when an input is of another type', async () => {
    harness.work['a/1'] = fails('no');
    const record = await harness.run(plan('call-fails', {
      failing: { call: { jobs: { a: {}, b: { needs: ['a'] } } } },
      mistyped: { call: { with: { n: '${{ github.actor }}x' }, inputs: { n: { type: 'number' } }, jobs: { c: {} } } },
      after: { needs: ['failing'], if: "failure() && needs.failing.result == 'failure'" },
    }, { onFailure: 'keep' }));
    expect(conclusions(record)).toMatchObject({ failing: 'failure', 'failing / a': 'failure', 'failing / b': 'skipped', mistyped: 'failure', after: 'success' });
    expect(record.jobs.find(({ key }) => key === 'mistyped')?.error).toContain('input n: "x" is not a number');
  });

  it('calls one that calls another, once for every combination of a matrix, and its undos reach the run', async () => {
    harness.work['deep/2'] = ({ job }) => {
      if (job.startsWith('top (2)')) throw new Error('no');
      return {};
    };
    const inner: CallSketch = { with: { n: '${{ inputs.n }}' }, inputs: { n: { type: 'number' } }, jobs: { deep: { steps: [{ with: { n: '${{ inputs.n }}' } }, { run: 'echo ${{ inputs.n }}' }] } } };
    const outer: CallSketch = { with: { n: '${{ matrix.n }}' }, inputs: { n: { type: 'number' } }, jobs: { middle: { call: inner } } };
    const record = await harness.run(plan('nested', { top: { strategy: { matrix: { n: [1, 2] }, failFast: false }, call: outer } }), {}, 'nested/t#1');
    expect(conclusions(record)).toMatchObject({
      'top (1)': 'success', 'top (1) / middle': 'success', 'top (1) / middle / deep': 'success', 'top (2)': 'failure', 'top (2) / middle / deep': 'failure',
    });
    expect(record.undos.map(({ job, conclusion }) => [job, conclusion]).toSorted()).toEqual([['top (1) / middle / deep', 'success'], ['top (2) / middle / deep', 'success']]);
    const child = await harness.env.client.workflow.getHandle('nested/t#1/top (2)/middle/deep').describe();
    expect(child.status.name).toBe('COMPLETED');
  });

  it('is cancelled with its run, lets always() jobs run, and its undos are done', async () => {
    harness.work['a/1'] = untilCancelled;
    const call: CallSketch = { jobs: { a: {}, b: { needs: ['a'] }, c: { needs: ['a'], if: 'always()' } } };
    await harness.withWorker(async () => {
      const { handle, progress, closed } = await harness.startRun(plan('call-cancel', { caller: { call }, after: { needs: ['caller'], if: 'cancelled()' } }));
      await expect.poll(async () => harness.ledger.length > 0 && (await progress()).jobs.find(({ key }) => key === 'caller / a')?.status, { timeout: 20_000 }).toBe('in_progress');
      await handle.cancel();
      await handle.result().catch(() => undefined);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      const record = await closed();
      expect(conclusions(record)).toMatchObject({ caller: 'cancelled', 'caller / a': 'cancelled', 'caller / b': 'skipped', 'caller / c': 'success', after: 'success' });
      expect(record.undone).toBe(true);
    });
    expect(harness.ledger.slice(0, 3)).toEqual(['act a/1', 'act c/1', 'act after/1']);
  });

  it('is gone on with where it was: what succeeded in it is not done again', async () => {
    harness.work['b/2'] = fails('not yet');
    const kept = plan('call-kept', { caller: { call: { jobs: { a: {}, b: { needs: ['a'], steps: [{}, {}] } }, outputs: {} } } }, { onFailure: 'keep' });
    const first = await harness.run(kept, {}, 'call-kept/t#1');
    expect(harness.ledger).toEqual(['act a/1', 'act b/1', 'act b/2']);
    harness.ledger.length = 0;
    harness.work = {};
    const second = await harness.run(kept, { continueFrom: { plan: kept, record: first } }, 'call-kept/t#1');
    expect(harness.ledger).toEqual(['act b/2']);
    expect(conclusions(second)).toMatchObject({ caller: 'success', 'caller / a': 'success', 'caller / b': 'success' });
    expect(second.undos).toHaveLength(3);
  });

  it('that is terminated by hand fails, and the undos of its jobs are registered from the plan', async () => {
    harness.work['a/1'] = untilCancelled;
    await harness.withWorker(async () => {
      const { handle, closed } = await harness.startRun(plan('call-forced', { caller: { call: { jobs: { a: {} } } } }), {}, 'call-forced/t#1');
      await expect.poll(() => harness.ledger.length, { timeout: 20_000 }).toBe(1);
      await harness.env.client.workflow.getHandle('call-forced/t#1/caller').terminate('by hand');
      await handle.result().catch(() => undefined);
      expect(conclusions(await closed())).toMatchObject({ caller: 'failure', 'caller / a': 'failure' });
    });
    expect(harness.ledger.slice(1)).toEqual(['undo a/1']);
  });

  it('hands down names of secrets, never values', async () => {
    const seen: StepsInput['facts'][] = [];
    harness.onSteps = ({ facts }) => void seen.push(facts);
    const inner: CallSketch = { secrets: 'inherit', jobs: { deep: { steps: [{ run: 'true' }] } } };
    const call: CallSketch = { secrets: { token: '${{ secrets.DEPLOY }}-${{ matrix.n }}' }, jobs: { middle: { call: inner } } };
    await harness.run(plan('call-secrets', { top: { strategy: { matrix: { n: [5] }, failFast: true }, call } }));
    expect(seen[0]?.run.secrets).toEqual([{ templates: { token: '${{ secrets.DEPLOY }}-${{ matrix.n }}' }, contexts: { matrix: { n: 5 } } }, 'inherit']);
    expect(secretsOfCalls({ DEPLOY: 'x', OTHER: 'y', GITHUB_TOKEN: 'g' }, seen[0]!.run.secrets!)).toEqual({ TOKEN: 'x-5', GITHUB_TOKEN: 'g' });
  });
});
