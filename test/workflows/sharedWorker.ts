/** One server and one worker for all tests of a block, each of which begins with an empty ledger and no work. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Harness } from './harness.js';

export interface SharedWorker {
  /** No worker is there meanwhile; another one is afterwards. */
  away(meanwhile: () => void): Promise<void>;
}

/** Call it in the block. @param given is handed the harness before the first test */
export function shareWorker(given: (harness: Harness) => void): SharedWorker {
  let harness: Harness;
  let endWorker: () => Promise<void>;
  beforeAll(async () => {
    given(harness = await Harness.start());
    endWorker = await harness.startWorker();
  });
  afterAll(async () => {
    await endWorker();
    await harness.stop();
  });
  beforeEach(() => {
    harness.ledger.length = 0;
    harness.work = {};
  });
  return {
    away: async (meanwhile) => {
      await endWorker();
      meanwhile();
      endWorker = await harness.startWorker();
    },
  };
}
