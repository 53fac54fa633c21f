import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Harness, conclusions, plan } from './harness.js';

/** Longer than the timeout of a job's workflow tasks, which is 2 s. */
const SLOW_MS = 3000;

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
});
afterAll(() => harness.stop());

it('a job whose workflow task takes longer than its timeout is done in the end, its steps once: the server gives it more time', async () => {
  let slow = 0;
  harness.onDecode = async (payloads) => {
    const isJobs = payloads.some(({ data }) => Buffer.from(data ?? []).includes('"strategy":'));
    if (isJobs && slow >= 0) await pause(SLOW_MS, slow++);
  };
  harness.work['a/1'] = () => {
    slow = -slow; // what is slow is over: what the job's other tasks take is not what is tested
    return {};
  };
  const record = await harness.run(plan('slow', { a: {} }));
  expect(conclusions(record)).toEqual({ a: 'success', 'a/1': 'success' });
  expect(harness.ledger).toEqual(['act a/1']);
  const { events } = await harness.env.client.workflow.getHandle('slow/t#1/a').fetchHistory();
  const tasks = events?.flatMap(({ workflowTaskScheduledEventAttributes: task }) => task ?? []) ?? [];
  expect(Number(tasks[0]?.startToCloseTimeout?.seconds)).toBe(2);
  // Three attempts with the job's own timeout, and one with more.
  const fourth = tasks.find(({ attempt }) => attempt === 4);
  expect(Number(fourth?.startToCloseTimeout?.seconds)).toBeGreaterThan(2);
  expect(-slow).toBeGreaterThanOrEqual(3);
});
