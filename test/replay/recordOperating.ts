/**
 * Records the histories of runs that a person operated, which `replay.test.ts` replays: `npx tsx test/replay/recordOperating.ts 0.1.0`. Parked and tried again, parked and
 * skipped, let through a gate, waited in a queue, run again in part, undone when it was over and resumed after that.
 */
import { packagePath } from '../../infra/paths.js';
import type { ProgressRecord } from '../../language/record.js';
import type { Restart } from '../../language/restart.js';
import type { UPDATES } from '../../workflows/messages.js';
import { fails, Harness, plan, type Started } from '../workflows/harness.js';
import { saveHistory } from './saveHistory.js';

const release = process.argv[2];
if (!release) throw new Error('give the release: npx tsx test/replay/recordOperating.ts 0.1.0');
const harness = await Harness.start();
const { client } = harness.env;

/** The run's own history, and those of these jobs. */
async function save(name: string, run: string, ...jobs: readonly string[]): Promise<void> {
  for (const key of ['', ...jobs.map((job) => `/${job}`)]) {
    await saveHistory(packagePath('test', 'replay', 'histories', `${name}-${release}`, `${key.slice(1) || 'run'}.json`), { client, workflowId: `${run}${key}` });
  }
}

async function until(run: Started, holds: (record: ProgressRecord) => boolean): Promise<void> {
  while (!holds(await run.progress())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function ended(run: Started): Promise<ProgressRecord> {
  await run.handle.result().catch(() => undefined);
  return run.closed();
}

const tell = (run: Started, update: keyof typeof UPDATES, choice: object = {}): Promise<unknown> => run.handle.executeUpdate<unknown, [object]>(update, { args: [choice] });
const isParked = ({ jobs }: ProgressRecord): boolean => jobs.some(({ waiting }) => waiting?.kind === 'parked');

const parking = (type: string) => plan(type, {
  a: { steps: [{ id: 'one' }, { id: 'two' }, { run: 'three ${{ steps.two.outputs.url }}' }, { if: 'always()' }] },
  b: { needs: ['a'], steps: [{ run: 'four' }] },
}, { onFailure: 'wait' });

async function park(type: string, decide: (run: Started) => Promise<unknown>): Promise<void> {
  harness.work = { 'a/two': fails('no') };
  const run = await harness.startRun(parking(type), {}, `${type}/demo#1`);
  await until(run, isParked);
  await decide(run);
  await ended(run);
  await save(type, `${type}/demo#1`, 'a');
}

await harness.withWorker(async () => {
  await park('park-retry', async (run) => { harness.work = {}; await tell(run, 'retry'); });
  await park('park-skip', (run) => tell(run, 'skip', { outputs: { url: 'http://1' } }));
  await park('park-undo', (run) => tell(run, 'undo'));

  harness.work = {};
  const facts = { github: {}, vars: {}, env: {}, runners: {}, environments: { production: { reviewers: ['ann'] } } };
  const gated = await harness.startRun(plan('gate', { a: { steps: [{ run: 'one' }], environment: 'production' } }, { facts }), {}, 'gate/demo#1');
  await until(gated, ({ jobs }) => jobs.some(({ waiting }) => waiting?.kind === 'gate'));
  await tell(gated, 'approve', { by: 'ann', comment: 'seen' });
  await ended(gated);
  await save('gate', 'gate/demo#1');

  const queued = plan('queue', { a: { steps: [{ run: 'one' }] } }, { concurrency: { group: 'queue', cancelInProgress: false, queue: 'max' } });
  let release1: () => void = () => undefined;
  harness.work = { 'a/1': async ({ run }) => { if (run.endsWith('#1')) await new Promise<void>((resolve) => { release1 = resolve; }); return {}; } };
  const first = await harness.startRun(queued, {}, 'queue/demo#1');
  await until(first, ({ jobs }) => jobs[0]?.status === 'in_progress');
  const second = await harness.startRun(queued, {}, 'queue/demo#2');
  await until(second, ({ queuePlace }) => queuePlace === 1);
  release1();
  await Promise.all([ended(first), ended(second)]);
  await save('queue', 'queue/demo#2');

  const kept = plan('again', { a: { steps: [{ id: 'one' }, { id: 'two' }] }, b: { needs: ['a'], steps: [{}] }, c: { steps: [{ run: 'c' }] } }, { onFailure: 'keep' });
  harness.work = { 'b/1': fails('no') };
  let record = await ended(await harness.startRun(kept, {}, 'again/demo#1'));
  const next = async (name: string, from: Restart, ...jobs: readonly string[]): Promise<void> => {
    record = await ended(await harness.startRun(kept, { continueFrom: { plan: kept, record, from } }, 'again/demo#1'));
    await save(name, 'again/demo#1', ...jobs);
  };
  harness.work = {};
  await next('rerun-failed', { kind: 'failed-jobs' }, 'b');
  await next('rerun-from', { kind: 'step', step: 'a/two' }, 'a');
  await next('undo-part', { kind: 'undo', to: 'b/1' });
  await next('resume-undone', { kind: 'failed-step' }, 'b');
  await next('undo-closed', { kind: 'undo' });
  await next('rerun-all', { kind: 'all' });
});
await harness.stop();
