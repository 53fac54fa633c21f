/**
 * Records the histories that `replay.test.ts` replays: `npx tsx test/replay/record.ts`. Histories are append-only: one a
 * behaviour and release; an old one is never recorded anew.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Harness, fails, plan, untilCancelled } from '../workflows/harness.js';
import { saveHistory } from './saveHistory.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'histories');

async function save(harness: Harness, name: string, workflowId: string): Promise<void> {
  const { client } = harness.env;
  const { firstExecutionRunId: runId } = client.workflow.getHandle(workflowId) as { firstExecutionRunId?: string };
  await saveHistory(join(folder, `${name}.json`), { client, workflowId, runId });
}

const release = process.argv[2];
if (!release) throw new Error('give the release: npx tsx test/replay/record.ts 0.1.0');
const harness = await Harness.start();

const deployLike = (type: string, onFailure: 'undo' | 'keep') => plan(type, {
  prepare: { steps: [{ id: 'check', undo: false }, { id: 'discovery' }], outputs: { url: '${{ steps.discovery.outputs.url }}' } },
  images: { needs: ['prepare'], steps: [{ undo: false }, { undo: false }] },
  boot: { needs: ['prepare'], steps: [{ with: { url: '${{ needs.prepare.outputs.url }}' } }, { undo: false }] },
  services: { needs: ['images', 'boot'], steps: [{}, { run: 'echo done', undo: true }, {}] },
}, { onFailure, concurrency: { group: 'cluster-demo', cancelInProgress: false, queue: 'single' } });

harness.work['prepare/discovery'] = () => ({ url: 'http://discovery/1' });
await harness.run(deployLike('deploy', 'undo'), {}, 'deploy/demo#1');
await save(harness, `deploy-${release}`, 'deploy/demo#1');
await save(harness, `deploy-job-${release}`, 'deploy/demo#1/services');

harness.work['services/3'] = fails('no');
await harness.run(deployLike('undo', 'undo'), {}, 'undo/demo#1');
await save(harness, `undo-${release}`, 'undo/demo#1');

const kept = deployLike('resume', 'keep');
const first = await harness.run(kept, {}, 'resume/demo#1');
await save(harness, `keep-${release}`, 'resume/demo#1');
delete harness.work['services/3'];
await harness.run(kept, { continueFrom: { plan: kept, record: first } }, 'resume/demo#1');
await save(harness, `resume-${release}`, 'resume/demo#1');
await save(harness, `resume-job-${release}`, 'resume/demo#1/services');

harness.work['boot/1'] = untilCancelled;
await harness.withWorker(async () => {
  const { handle, progress } = await harness.startRun(deployLike('cancel', 'undo'), {}, 'cancel/demo#1');
  while (!harness.ledger.includes('act boot/1') || (await progress()).jobs.length === 0) await new Promise((r) => setTimeout(r, 50));
  harness.ledger.length = 0;
  await handle.cancel();
  await handle.result().catch(() => undefined);
});
await save(harness, `cancel-${release}`, 'cancel/demo#1');
await harness.stop();
