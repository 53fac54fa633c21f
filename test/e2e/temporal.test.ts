import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client, WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daemonStatus } from '../../infra/daemon.js';
import { ensureEngine } from '../../infra/docker/engine.js';
import { readLedger } from '../../infra/ledger.js';
import { acquireTemporal } from '../../infra/temporal/acquire.js';
import { WORKER_DAEMON } from '../../infra/temporal/worker.js';
import { parseClusterName } from '../../language/ids.js';
import { clusterThings, type ClusterThings } from './cluster.js';
import { killWorker, product, recordOf, until, type Product } from './product.js';

const CLUSTER = parseClusterName('clock');
const EXIT_3 = 'on: workflow_dispatch\njobs:\n  a:\n    runs-on: worker\n    steps:\n      - name: Exit\n        run: exit 3\n';
const FOREVER = EXIT_3.replace('exit 3', 'sleep 1000');

let fleetwright: Product;
let things: ClusterThings;
let client: Client;
let executable: string;
let folder: string;

beforeAll(async () => {
  things = clusterThings(await ensureEngine(), CLUSTER);
  executable = await acquireTemporal();
  folder = mkdtempSync(join(tmpdir(), 'fleetwright-temporal-'));
  mkdirSync(join(folder, '.github', 'workflows'), { recursive: true });
  writeFileSync(join(folder, '.github', 'workflows', 'exit.yml'), EXIT_3);
  writeFileSync(join(folder, '.github', 'workflows', 'forever.yml'), FOREVER);
  fleetwright = await product({ cwd: folder });
  await fleetwright.run('down', '--cluster', CLUSTER); // starts server and worker
  client = await fleetwright.client();
});
afterAll(async () => {
  await client.connection.close();
  await fleetwright.run('down', '--cluster', CLUSTER);
  await fleetwright.run('stop');
  rmSync(folder, { recursive: true, force: true });
});

/** Temporal's own command line. */
async function temporal(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(executable, [...args, '--address', fleetwright.address], { env: { ...process.env, NO_COLOR: '1' } });
  return stdout;
}

/** As its pages say it. */
async function start(type: string, id: string, input: object | undefined): Promise<void> {
  await temporal('workflow', 'start', '--type', type, '--task-queue', 'fleetwright', '--workflow-id', id, ...(input === undefined ? [] : ['--input', JSON.stringify(input)]));
}

async function statusOf(id: string): Promise<string> {
  return (JSON.parse(await temporal('workflow', 'describe', '--workflow-id', id, '--output', 'json')) as { workflowExecutionInfo: { status: string } }).workflowExecutionInfo.status;
}

async function failureOf(id: string): Promise<ApplicationFailure> {
  const error = await client.workflow.getHandle(id).result().then(() => undefined, (cause: unknown) => cause);
  return (error as WorkflowFailedError).cause as ApplicationFailure;
}

/** Without the place of the file, which is named from elsewhere. */
const words = (text: string): string => text.trim().replaceAll(/^\S*deploy\.yml:/gm, '');

describe('a run that is started from Temporal', () => {
  it.each([
    ['two machines', { machines: 2 }, ['--machines', '2']],
    ['machines in words', { machines: 'four' }, ['--machines', 'four']],
    ['too many web servers', { web: 100 }, ['--web', '100']],
    ['a cluster name with a command', { cluster: 'demo;rm -rf' }, ['--cluster', 'demo;rm -rf']],
    ['an unknown provider and an unknown input', { provider: 'mars', colour: 'red' }, ['--provider', 'mars', '-i', 'colour=red']],
    ['a key that is not there', { 'ssh-key': '/no/such/key' }, ['--ssh-key', '/no/such/key']],
  ])('fails at once for %s, in the words of the command line, and nothing is started', async (name, input, flags) => {
    const id = `bad ${name}`;
    const before = readLedger().length;
    await start('deploy', id, input);
    const failure = await failureOf(id);
    expect(await statusOf(id)).toBe('WORKFLOW_EXECUTION_STATUS_FAILED');
    expect(failure.type).toBe('InvalidRun');
    const said = await fleetwright.run('up', ...flags);
    expect([said.code, words(said.stderr)]).toEqual([3, words(failure.message)]);
    expect(readLedger().slice(before)).toEqual([]);
    expect(await things.list()).toEqual([]);
  });

  it('fails for a file that is not there, by name', async () => {
    await start('depoly', 'no file', {});
    expect(await failureOf('no file')).toMatchObject({ type: 'InvalidRun', message: expect.stringMatching(/^there is no workflow file depoly\.yml in .*deployments, /) });
  });

  it('is Failed there when a step fails, and Canceled when it is cancelled there', async () => {
    await start('exit', 'exits', undefined);
    expect(await failureOf('exits')).toMatchObject({ type: 'RunFailed', message: expect.stringContaining('a/1 failed: the process exited with 3') });
    await start('forever', 'goes on', undefined);
    await until('its step runs', async () => (await recordOf(client, 'goes on'))?.jobs[0]?.steps[0]?.status === 'in_progress');
    await temporal('workflow', 'cancel', '--workflow-id', 'goes on');
    await until('it is closed', async () => (await statusOf('goes on')) !== 'WORKFLOW_EXECUTION_STATUS_RUNNING');
    expect([await statusOf('exits'), await statusOf('goes on')]).toEqual(['WORKFLOW_EXECUTION_STATUS_FAILED', 'WORKFLOW_EXECUTION_STATUS_CANCELED']);
    expect((await fleetwright.run('watch', 'exits')).code).toBe(1);
    expect((await fleetwright.run('watch', 'goes on')).code).toBe(130);
  });
});

describe('a teardown by the clock', () => {
  it('is one for a cluster, is listed, and is removed', async () => {
    const first = await fleetwright.run('down', '--cluster', CLUSTER, '--cron', '0 19 * * 1-5', '--timezone', 'Europe/London');
    expect([first.code, first.stdout]).toEqual([0, expect.stringMatching(/^clock is torn down at 0 19 \* \* 1-5, next at /)]);
    const second = await fleetwright.run('down', '--cluster', CLUSTER, '--at', '19:00');
    expect(second.code, second.stderr).toBe(0);
    const listed = await fleetwright.run('down', '--list');
    expect(listed.stdout.trim().split('\n')).toEqual([expect.stringMatching(/^CLUSTER +WHEN +NEXT$/), expect.stringMatching(/^clock +once \(/)]);
    const bad = await fleetwright.run('down', '--cluster', CLUSTER, '--at', '25:00');
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('is not a time of the day')]);
    expect((await fleetwright.run('down', '--cluster', CLUSTER, '--remove')).stderr).toContain('is removed');
    expect((await fleetwright.run('down', '--list')).stderr).toContain('no teardown by the clock is set');
  });

  it('fires while the worker is down and a deploy has the cluster, waits for it, and leaves nothing', async () => {
    await start('deploy', 'deploy by hand', { web: 1, machines: 3, cluster: CLUSTER });
    await until('the servers boot', () => readLedger(CLUSTER).some(({ effect }) => effect === 'create-server'));
    const { code, stderr } = await fleetwright.run('down', '--cluster', CLUSTER, '--in', '2s');
    expect(code, stderr).toBe(0);
    killWorker();
    const teardown = async (): Promise<string | undefined> => {
      for await (const { workflowId } of client.workflow.list({ query: "WorkflowType = 'teardown' AND ExecutionStatus = 'Running'" })) return workflowId;
      return undefined;
    };
    await until('the teardown fires', async () => (await teardown()) !== undefined);
    expect(daemonStatus(WORKER_DAEMON)).toBeUndefined();
    const id = (await teardown())!;
    const waiting = fleetwright.start('watch', id); // brings a worker back
    await until('the teardown waits for the deploy', async () => (await recordOf(client, id))?.status === 'waiting');
    const deployed = await fleetwright.run('watch', 'deploy by hand');
    expect(deployed.code, deployed.stderr).toBe(0);
    expect(deployed.stdout).toMatch(/web@01\.service .*4079 cities/);
    const removed = await waiting.ended;
    expect(removed.code, removed.stderr).toBe(0);
    for (const thing of ['container fleetwright-clock-infra', 'server core03', 'volume fleetwright-clock-core03-docker', 'network fleetwright-clock']) expect(removed.stdout).toContain(thing);
    expect(readLedger(CLUSTER).filter(({ effect }) => effect === 'create-server')).toHaveLength(3);
    expect(await things.list()).toEqual([]);
    expect([await statusOf('deploy by hand'), await statusOf(id)]).toEqual(['WORKFLOW_EXECUTION_STATUS_COMPLETED', 'WORKFLOW_EXECUTION_STATUS_COMPLETED']);
    expect((await fleetwright.run('down', '--list')).stdout).toMatch(/^clock +once \(UTC\) +has fired$/m);
    const removal = await fleetwright.run('down', '--cluster', CLUSTER, '--remove');
    expect([removal.code, removal.stderr]).toEqual([0, expect.stringContaining('is removed')]);
    const again = await fleetwright.run('down', '--cluster', CLUSTER);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('There was nothing to remove.')]);
  });
});
