import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoadPlanInput } from '../../activities/contract.js';
import { loadPlanActivity } from '../../activities/loadPlan.js';
import type { Plan } from '../../language/plan.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fleetwright-plan-'));
  mkdirSync(join(root, '.github/workflows'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, text: string): void {
  writeFileSync(join(root, '.github/workflows', name), text);
}

function load(input: Partial<LoadPlanInput> = {}): Promise<Plan> {
  return new MockActivityEnvironment().run(loadPlanActivity([join(root, '.github/workflows')]), { type: 'ci', inputs: {}, ...input }) as Promise<Plan>;
}

describe('a plan', () => {
  it('has the facts of the checkout, the inputs as texts in the event, and the workflows that are called', async () => {
    put('ci.yml', 'on: {workflow_dispatch: {inputs: {n: {type: number, default: 2}}}}\njobs: {a: {uses: ./.github/workflows/b.yml}}\n');
    put('b.yml', 'on: workflow_call\njobs: {deep: {runs-on: x, steps: [{run: x}]}}\n');
    const { facts, inputs, jobs } = await load();
    expect(inputs).toEqual({ n: 2 });
    expect(facts?.github).toMatchObject({ event_name: 'workflow_dispatch', event: { inputs: { n: '2' } } });
    expect(jobs[0]?.call?.workflow.jobs.map(({ id }) => id)).toEqual(['deep']);
  });

  it('has only the job that is asked for, and those that it needs', async () => {
    put('ci.yml', 'on: push\njobs:\n  a: {runs-on: x, steps: [{run: x}]}\n  b: {needs: A, runs-on: x, steps: [{run: x}]}\n  c: {runs-on: x, steps: [{run: x}]}\n');
    expect((await load({ job: 'B' })).jobs.map(({ id }) => id)).toEqual(['a', 'b']);
    await expect(load({ job: 'bb' })).rejects.toMatchObject({ type: 'InvalidRun', message: expect.stringContaining('there is no job "bb": there are a, b, c') });
  });

  it('is refused with all that is wrong, called files among it', async () => {
    put('ci.yml', 'on: push\njobs: {a: {uses: ./.github/workflows/b.yml}}\n');
    put('b.yml', 'on: workflow_call\njobs: {deep: {runs-on: x}}\n');
    await expect(load()).rejects.toMatchObject({ type: 'InvalidRun', message: expect.stringContaining('job deep needs "steps"') });
  });
});
