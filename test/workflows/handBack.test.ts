import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handBackUnnoted } from '../../infra/temporal/handBack.js';
import { TASK_QUEUE } from '../../workflows/messages.js';
import { conclusions, Harness, plan } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
});
afterAll(() => harness.stop());

describe('what a killed worker was given and had not noted', () => {
  it('is handed back by its identity, so that it is tried again long before its heartbeats are missed, and nothing of other workers is', async () => {
    let tries = 0;
    let end: () => void = () => undefined;
    // The first try is one of which nobody hears any more.
    harness.work['a/1'] = () => ((tries += 1) > 1 ? {} : new Promise((resolve) => { end = () => resolve({}); }));
    await harness.withWorker(async () => {
      const { handle, closed } = await harness.startRun(plan('unnoted', { a: {} }));
      await expect.poll(() => tries, { timeout: 20_000 }).toBe(1);
      const { client } = harness.env;
      expect(await handBackUnnoted(client, TASK_QUEUE, ['1-0000@elsewhere'])).toBe(0);
      await expect.poll(() => handBackUnnoted(client, TASK_QUEUE, [`${process.pid}@${hostname()}`]), { timeout: 10_000 }).toBe(1);
      await handle.result();
      expect(conclusions(await closed())).toEqual({ a: 'success', 'a/1': 'success' });
      end();
    });
    expect(tries).toBe(2);
  });
});
