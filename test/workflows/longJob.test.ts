import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, plan } from './harness.js';

const STEPS = 1000;

let harness: Harness;
beforeAll(async () => {
  // The server's own value is 4096, which takes hundreds of segments.
  harness = await Harness.start(['limit.historyCount.suggestContinueAsNew=8']);
});
afterAll(() => harness.stop());

describe('a job of very many steps', () => {
  it('continues as new, and ends as if it had not: every step once, in order, with what earlier ones left', async () => {
    harness.work['a/first'] = () => ({ said: 'hello' });
    const run = (i: number) => ({ run: `echo ${i}` });
    const steps = [{ id: 'first', ...run(0) }, ...Array.from({ length: STEPS - 3 }, (_, i) => run(i + 1)), { id: 'next-to-last', run: 'echo ${{ steps.first.outputs.said }}' }, { ...run(-1), if: 'always()' }];
    const record = await harness.run(plan('long', { a: { steps, outputs: { said: '${{ steps.first.outputs.said }}' } } }), {}, 'long/t#1');
    expect(record).toMatchObject({ conclusion: 'success', jobs: [{ conclusion: 'success', outputs: { said: 'hello' } }] });
    expect(new Set(record.jobs[0]!.steps.map(({ conclusion }) => conclusion))).toEqual(new Set(['success']));
    expect(harness.ledger).toHaveLength(STEPS);
    expect(harness.ledger.slice(1, -2)).toEqual(Array.from({ length: STEPS - 3 }, (_, i) => `run a/${i + 2}: echo ${i + 1}`));
    expect(harness.ledger.at(-2)).toBe('run a/next-to-last: echo hello');
    const executions = [];
    for await (const { status } of harness.env.client.workflow.list({ query: "WorkflowId = 'long/t#1/a'" })) executions.push(status.name);
    expect(executions.filter((name) => name === 'CONTINUED_AS_NEW').length).toBeGreaterThan(1);
  });
});
