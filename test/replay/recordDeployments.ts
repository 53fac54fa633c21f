/**
 * Records histories of real deployments, on a real local cluster, that `replay.test.ts` replays: `npx tsx test/replay/recordDeployments.ts 0.1.0`.
 * One that is brought up; one that fails and is undone; one that fails, is kept and is resumed. All that it makes is gone afterwards.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { findEngine } from '../../infra/docker/engine.js';
import { packagePath } from '../../infra/paths.js';
import { product, recordOf } from '../e2e/product.js';
import { saveHistory } from './saveHistory.js';

const CLUSTER = 'recorded';
const FILE = packagePath('test', 'e2e', 'workflows', 'flag.yml');
const release = process.argv[2];
if (!release) throw new Error('give the release: npx tsx test/replay/recordDeployments.ts 0.1.0');

// The user's own engine, with its images, serves the recording's state folder too.
const engine = await findEngine();
if (engine) process.env['DOCKER_HOST'] = engine.address;
const folder = mkdtempSync(join(tmpdir(), 'fleetwright-record-'));
process.env['XDG_STATE_HOME'] = join(folder, 'state');
const fleetwright = await product();

/** The command must end as expected: a history of something else is worth nothing. */
async function command(wanted: number, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await fleetwright.run(...args);
  if (code !== wanted) throw new Error(`fleetwright ${args.join(' ')} ended with ${code}, not ${wanted}:\n${stderr}`);
}

/** The run's own history and those of its jobs. */
async function save(client: Client, name: string, run: string): Promise<void> {
  const record = await recordOf(client, run);
  for (const key of ['', ...record!.jobs.filter(({ startedAt }) => startedAt !== undefined).map((job) => `/${job.key}`)]) {
    const path = packagePath('test', 'replay', 'histories', `${name}-${release}`, `${key.slice(1) || 'run'}.json`);
    await saveHistory(path, { client, workflowId: `${run}${key}`, folders: { [folder]: '/home/user/recording' } });
  }
}

try {
  await command(0, 'up', '--cluster', CLUSTER);
  const client = await fleetwright.client();
  await save(client, 'real-deploy', `deploy/${CLUSTER}#1`);
  await command(0, 'down', '--cluster', CLUSTER);
  const flag = ['run', FILE, '-i', `cluster=${CLUSTER}`, '-i', `folder=${folder}`, '-i', 'patience=false'];
  await command(5, ...flag, '--on-failure', 'undo');
  await save(client, 'real-undo', `flag/${CLUSTER}#1`);
  await command(1, ...flag, '--on-failure', 'keep');
  await save(client, 'real-keep', `flag/${CLUSTER}#2`);
  writeFileSync(join(folder, 'flag'), 'here\n');
  await command(0, 'resume', `flag/${CLUSTER}#2`);
  await save(client, 'real-resume', `flag/${CLUSTER}#2`);
  await client.connection.close();
} finally {
  await fleetwright.run('down', '--cluster', CLUSTER);
  await fleetwright.run('stop');
  rmSync(folder, { recursive: true, force: true });
}
