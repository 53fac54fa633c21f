import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../infra/docker/engine.js';
import { readLedger } from '../../infra/ledger.js';
import { clusterDir, packagePath } from '../../infra/paths.js';
import { workspaceFolder } from '../../infra/script/workspaces.js';
import { parseClusterName, parseRunId } from '../../language/ids.js';
import { clusterThings, type ClusterThings } from './cluster.js';
import { killWorker, product, recordOf, until, type Ended, type Product } from './product.js';

const CLUSTER = parseClusterName('failing');
const FILE = packagePath('test', 'e2e', 'workflows', 'flag.yml');

let fleetwright: Product;
let docker: Docker;
let things: ClusterThings;
let folder: string;
const at = (name: string): string => join(folder, name);
const written = (name: string): readonly string[] => (existsSync(at(name)) ? readFileSync(at(name), 'utf8').trim().split('\n') : []);
const options = (): string[] => ['-i', `cluster=${CLUSTER}`, '-i', `folder=${folder}`];
const effects = (from = 0): readonly string[] => readLedger(CLUSTER).slice(from).map(({ effect, key }) => `${effect} ${key}`);

beforeAll(async () => {
  docker = await ensureEngine();
  things = clusterThings(docker, CLUSTER);
  fleetwright = await product();
  folder = mkdtempSync(join(tmpdir(), 'fleetwright-failures-'));
});
afterAll(async () => {
  await fleetwright.run('down', '--cluster', CLUSTER);
  await fleetwright.run('stop');
  rmSync(folder, { recursive: true, force: true });
});

const onCore01 = (path: string): Promise<string> => things.read(docker.getContainer(`fleetwright-${CLUSTER}-core01`), path);

async function letCore01Go(): Promise<void> {
  const run = await docker.getContainer(`fleetwright-${CLUSTER}-core01`).exec({ Cmd: ['touch', '/var/tmp/go'] });
  await run.start({});
}

/** The script on core01 is told to end as soon as it runs. */
async function runFile(...args: readonly string[]): Promise<Ended> {
  const { ended } = fleetwright.start('run', FILE, ...options(), ...args);
  await until('the script runs on core01', async () => (await onCore01('/var/tmp/ledger').catch(() => '')).includes('started'));
  await letCore01Go();
  return ended;
}

async function expectNothingLeft(): Promise<void> {
  expect(await things.list()).toEqual([]);
  expect(existsSync(clusterDir(CLUSTER))).toBe(false);
}

describe('a run whose step fails for good', () => {
  it('undoes all that it made, last in, first out, and names the step', async () => {
    const { code, stdout, stderr } = await runFile('--on-failure', 'undo');
    expect(code, stderr).toBe(5);
    expect(stdout).toMatch(/^finish \| [\d:]+ ✗ Look for the flag failed/m);
    expect(stderr).toMatch(/finish\/2 failed: Look for the flag\n {2}the process exited with 1\n {2}cat: .*flag: No such file/);
    expect(stderr).toContain(`What flag/${CLUSTER}#1 made is undone.`);
    const order = [...stderr.matchAll(/undo (\S+) success/g)].map(([, address]) => address);
    expect(order).toEqual(['finish/1', 'cluster/2', 'boot/1', 'prepare/3']);
    const undone = effects().filter((effect) => effect.startsWith('delete-')).map((effect) => effect.split(' ')[0]);
    expect([...new Set(undone)]).toEqual(['delete-server', 'delete-volume', 'delete-services', 'delete-network']);
    expect(written('hosts')).toEqual(['core01', 'undone']);
    await expectNothingLeft();
  });

  it('is kept as asked: a script on a machine runs once through a kill of the worker, and its outputs come back', async () => {
    rmSync(at('hosts'));
    const { ended } = fleetwright.start('run', FILE, ...options(), '--on-failure', 'keep');
    await until('the script runs on core01', async () => (await onCore01('/var/tmp/ledger').catch(() => '')).includes('started'));
    killWorker();
    await letCore01Go();
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).toBe(1);
    expect(await onCore01('/var/tmp/ledger')).toBe('started\nended\n');
    expect(written('hosts')).toEqual(['core01']);
    expect(stdout).toMatch(/hostname=core03/);
    expect(stderr).toContain(`Go on at the failed step: fleetwright resume 'flag/${CLUSTER}#2'`);
    expect(await things.unitFiles()).toEqual(['db.service', 'dbhelper.service']);
    expect(await things.list()).toHaveLength(4 + 1 + 3);
  });

  it('goes on at the failed step alone when what made it fail is mended', async () => {
    const before = effects().length;
    const looks = written('looks').length;
    writeFileSync(at('flag'), 'here\n');
    const { code, stderr } = await fleetwright.run('resume', `flag/${CLUSTER}#2`);
    expect(code, stderr).toBe(0);
    expect(effects(before)).toEqual([]);
    expect(await onCore01('/var/tmp/ledger')).toBe('started\nended\n');
    expect([written('hosts'), written('looks').length]).toEqual([['core01', 'done'], looks + 1]);
    expect(stderr).toMatch(/attempt 2 started; \d+ done before\n.*finish\/2 /);
    const client = await fleetwright.client();
    const record = await recordOf(client, `flag/${CLUSTER}#2`);
    await client.connection.close();
    expect(record).toMatchObject({ attempt: 2, conclusion: 'success' });
    const again = await fleetwright.run('resume', `flag/${CLUSTER}#2`);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('succeeded: there is nothing to go on with')]);
  });

  it('undoes on a cluster that was there only what it made itself', async () => {
    const before = [...await things.list()].sort();
    const from = effects().length;
    const { code, stderr } = await fleetwright.run('run', packagePath('test', 'e2e', 'workflows', 'more.yml'), '-i', `cluster=${CLUSTER}`);
    expect(code, stderr).toBe(5);
    expect(stderr).toContain('more/3 failed: Fail');
    expect([...effects(from)].sort()).toEqual(['delete-unit monweb@.service', 'delete-unit web@.service', 'submit-unit monweb@.service', 'submit-unit web@.service']);
    expect(await things.unitFiles()).toEqual(['db.service', 'dbhelper.service']);
    expect([...await things.list()].sort()).toEqual(before);
  });

  it('is taken down with its workspaces, not its logs; what cannot be removed is listed with exit code 6, and goes the next time', async () => {
    const run = parseRunId(`flag/${CLUSTER}#2`);
    expect(existsSync(workspaceFolder(run))).toBe(true);
    const guest = await docker.createContainer({ Image: 'fleetwright/infra:latest', Entrypoint: ['sleep', '1000'], HostConfig: { NetworkMode: `fleetwright-${CLUSTER}` } });
    try {
      await guest.start();
      const { code, stdout, stderr } = await fleetwright.run('down', '--cluster', CLUSTER);
      expect(code, stderr).toBe(6);
      expect(stdout).toContain(`workspace of ${run}`);
      expect(stderr).toMatch(/Left behind:\n {2}network fleetwright-failing: .*active endpoints.*\n/);
      expect([existsSync(workspaceFolder(run)), existsSync(join(workspaceFolder(run), '..', 'logs'))]).toEqual([false, true]);
    } finally {
      await guest.remove({ force: true, v: true });
    }
    const again = await fleetwright.run('down', '--cluster', CLUSTER);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('network fleetwright-failing')]);
    await expectNothingLeft();
  });
});

describe('a run that is cancelled while its servers boot', () => {
  async function boot(): Promise<{ readonly id: string; readonly ended: Promise<Ended> }> {
    const from = effects().length;
    const { stdout } = await fleetwright.run('run', FILE, ...options(), '--on-failure', 'keep', '--detach');
    const id = stdout.trim();
    const { ended } = fleetwright.start('watch', id);
    await until('the first server is made', () => effects(from).includes('create-server core01'));
    return { id, ended };
  }

  it('is undone whatever on-failure says: 0 for who cancelled, 130 for who watched', async () => {
    const { id, ended } = await boot();
    const cancelled = await fleetwright.run('cancel', id);
    expect(cancelled.code, cancelled.stderr).toBe(0);
    expect(cancelled.stderr).toContain(`What ${id} made is undone.`);
    expect((await ended).code).toBe(130);
    await expectNothingLeft();
    const resumed = await fleetwright.run('resume', id);
    expect([resumed.code, resumed.stderr]).toEqual([1, expect.stringContaining('was undone: nothing of it is there to go on from')]);
  });

  it('loses the servers also whose maker was killed before it could tell of them', async () => {
    const { id, ended } = await boot();
    killWorker();
    const client = await fleetwright.client();
    await client.workflow.getHandle(id).cancel();
    await client.connection.close();
    const watched = await ended; // it brings the worker back
    expect(watched.code, watched.stderr).toBe(130);
    expect(watched.stderr).toContain(`What ${id} made is undone.`);
    await expectNothingLeft();
  });
});
