import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Runtime, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cancel } from '../../cli/commands/cancel.js';
import { down } from '../../cli/commands/down.js';
import { extend } from '../../cli/commands/lease.js';
import * as schedule from '../../cli/commands/schedule.js';
import { resume } from '../../cli/commands/resume.js';
import { status } from '../../cli/commands/status.js';
import { watch } from '../../cli/commands/watch.js';
import { RefusedError, UsageError } from '../../cli/errors.js';
import { type Trouble, watchRun } from '../../cli/progress/watcher.js';
import { refuseWhileHeld, withdrawal } from '../../cli/runs/hold.js';
import { conclude } from '../../cli/runs/conclude.js';
import { followLog } from '../../cli/runs/followLog.js';
import { keepSecrets } from '../../cli/runs/keepSecrets.js';
import { findRun, listRuns } from '../../cli/runs/list.js';
import { lockHolder, startRun } from '../../cli/runs/start.js';
import { extendLease, startLease } from '../../cli/schedule/leases.js';
import { createSchedule, listSchedules } from '../../cli/schedule/schedules.js';
import { listTeardowns, removeTeardown, setTeardown, teardownInputs } from '../../cli/schedule/teardowns.js';
import { parseWhen } from '../../cli/schedule/when.js';
import { openSession } from '../../cli/session.js';
import { daemonStatus, stopDaemon } from '../../infra/daemon.js';
import { acquireTemporal } from '../../infra/temporal/acquire.js';
import { ensureDevServer, SERVER_DAEMON } from '../../infra/temporal/devServer.js';
import { dataConverter } from '../../infra/temporal/payloads.js';
import { connectTemporal } from '../../infra/temporal/reach.js';
import { temporalSettings } from '../../infra/temporal/settings.js';
import { waitFor } from '../../infra/wait.js';
import { readRunSecrets } from '../../infra/secrets/runSecrets.js';
import { parseClusterName, type RunId } from '../../language/ids.js';
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../workflows/messages.js';
import { fakeTerminal } from './fakeTerminal.js';
import { freePorts } from '../freePorts.js';

const SILENT = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
let home: string;
let client: Client;
let connection: Connection;
let bundle: WorkflowBundleWithSourceMap;
let worker: { stop(): Promise<void> };
let ports: { port: number; uiPort: number };
const startServer = () => ensureDevServer({ ...ports, searchAttributes: Object.values(SEARCH_ATTRIBUTES) });

beforeAll(async () => {
  Runtime.install({ logger: SILENT });
  const executable = await acquireTemporal();
  home = mkdtempSync(join(tmpdir(), 'fleetwright-cli-'));
  const [port = 0, uiPort = 0] = await freePorts(2);
  ports = { port, uiPort };
  const env = { XDG_STATE_HOME: join(home, 'state'), FLEETWRIGHT_TEMPORAL: executable, FLEETWRIGHT_WORKER: 'elsewhere', FLEETWRIGHT_TEMPORAL_PORT: String(port), FLEETWRIGHT_UI_PORT: String(uiPort) };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  await startServer();
  connection = await connectTemporal(temporalSettings());
  client = new Client({ connection, dataConverter: dataConverter() });
  bundle = await bundleWorkflowCode({ workflowsPath: join(import.meta.dirname, 'fixtures', 'tinyRun.ts'), logger: SILENT });
  worker = await startWorker();
}, 120_000);

afterAll(async () => {
  await worker?.stop();
  await connection?.close();
  await stopDaemon(SERVER_DAEMON, { timeoutMs: 2_000 });
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

async function startWorker() {
  const native = await NativeConnection.connect({ address: temporalSettings().address });
  const made = await Worker.create({ connection: native, taskQueue: TASK_QUEUE, workflowBundle: bundle, dataConverter: dataConverter(), stickyQueueScheduleToStartTimeout: '1 second' });
  const running = made.run();
  return { stop: async () => { made.shutdown(); await running; await native.close(); } };
}

const start = (mode: string, name = 'demo', more = {}) =>
  startRun(client, { type: 'deploy', name, inputs: { cluster: name, mode, ...more }, options: {}, file: 'deploy.yml' });
const finish = (id: string) => client.workflow.getHandle(id).signal('finish');

describe('starting a run', () => {
  it('takes the next free number, also of two at the same moment', async () => {
    expect(await start('success', 'numbers')).toBe('deploy/numbers#1');
    const both = await Promise.all([start('success', 'numbers'), start('success', 'numbers')]);
    expect(both.sort()).toEqual(['deploy/numbers#2', 'deploy/numbers#3']);
    const described = await client.workflow.getHandle('deploy/numbers#2').describe();
    expect(described.searchAttributes).toMatchObject({ FleetwrightCluster: ['numbers'], FleetwrightFile: ['deploy'] });
    expect(await described.staticDetails()).toContain('| `cluster` | `numbers` |');
  });

  it('is refused while another run holds the cluster, with its id and link, and not after', async () => {
    const holder = await start('wait', 'held', { lock: 'cluster-held' });
    await waitFor(() => lockHolder(client, 'cluster-held'), { timeoutMs: 20_000, intervalMs: 50 });
    const session = await openSession({}, fakeTerminal(), 'nothing');
    await expect(refuseWhileHeld(session, 'held')).rejects.toThrow(RefusedError);
    await expect(refuseWhileHeld(session, 'held')).rejects.toThrow(`${holder}\n  http://127.0.0.1:${ports.uiPort}/namespaces/default/workflows/deploy%2Fheld%231`);
    await refuseWhileHeld(session, 'other');
    await finish(holder);
    await client.workflow.getHandle(holder).result();
    await refuseWhileHeld(session, 'held');
    await session.close();
  });
});

describe('the secrets of a run that is started', () => {
  const startWith = (value: string) => keepSecrets({ given: { TOKEN: value }, environment: {} }, (prepare) =>
    startRun(client, { type: 'deploy', name: 'secrets', inputs: { cluster: 'secrets', mode: 'success' }, options: {}, file: 'deploy.yml' }, prepare));

  it('are its own, also of those that start at the same moment, and in no history', async () => {
    vi.stubEnv('FLEETWRIGHT_WORKER', '');
    const values = ['hunter-one', 'hunter-two', 'hunter-three'];
    const ids = await Promise.all(values.map(startWith));
    vi.stubEnv('FLEETWRIGHT_WORKER', 'elsewhere');
    expect(new Set(ids).size).toBe(3);
    expect(ids.map((id) => readRunSecrets(id as RunId).given['TOKEN'])).toEqual(values);
    const histories = await Promise.all(ids.map((id) => client.workflow.getHandle(id).fetchHistory()));
    expect(JSON.stringify(histories)).not.toContain('hunter');
  });
});

describe('a run that is followed as a log', () => {
  it('ends with its record, its jobs told', async () => {
    const id = await start('wait', 'logged');
    const terminal = fakeTerminal();
    const following = followLog(client, id, terminal, { onRecord: () => void finish(id).catch(() => undefined) });
    const end = await following;
    expect(end).toMatchObject({ id, status: 'COMPLETED' });
    expect(terminal.data.map((line) => line.replace(/\d\d:\d\d:\d\d /, ''))).toEqual(['a | ▶ One', expect.stringContaining('a | ✓ One'), expect.stringContaining('a | job succeeded')]);
  });

  it('is cancelled by who hears the interrupts', async () => {
    const id = await start('wait', 'interrupted');
    const cancel = new AbortController();
    expect(await followLog(client, id, fakeTerminal(), { cancel: cancel.signal, onRecord: () => cancel.abort() })).toMatchObject({ status: 'CANCELLED' });
  });
});

describe('the second of two runs that were started at the same moment', () => {
  it('withdraws: it is cancelled, and refused with the id of the first', async () => {
    const first = await start('wait', 'twice', { lock: 'cluster-twice' });
    await waitFor(() => lockHolder(client, 'cluster-twice'), { timeoutMs: 20_000, intervalMs: 50 });
    const second = await start('wait', 'twice', { lock: 'cluster-twice' });
    const session = await openSession({}, fakeTerminal(), 'nothing');
    const withdraws = withdrawal(session, 'twice', second);
    const terminal = fakeTerminal();
    await conclude(session, terminal, second, { onRecord: withdraws.onRecord, stop: withdraws.stop });
    await expect(withdraws.settle()).rejects.toThrow(`another run is at work on cluster twice: ${first}`);
    expect(terminal.notes.join()).not.toContain('Detached');
    await client.workflow.getHandle(second).result().catch(() => undefined);
    expect((await client.workflow.getHandle(second).describe()).status.name).toBe('CANCELLED');
    await finish(first);
    await session.close();
  });
});

function once(act: () => void): () => void {
  let done = false;
  return () => { if (!done) { done = true; act(); } };
}

describe('watching a run', () => {
  it('goes on when the server and the worker are killed and come back', async () => {
    const id = await start('wait', 'killed');
    const troubles: (Trouble | undefined)[] = [];
    const seen: string[] = [];
    const watching = watchRun(client, id, {
      intervalMs: 50, deadlineMs: 1_000, signal: AbortSignal.timeout(50_000),
      onRecord: (record) => seen.push(record.status), onTrouble: (trouble) => { troubles.push(trouble); },
    });
    const until = (check: () => boolean) => waitFor(() => check() || undefined, { timeoutMs: 30_000, intervalMs: 20 });
    await until(() => seen.length > 0);
    process.kill(daemonStatus(SERVER_DAEMON)!.pid, 'SIGKILL');
    await until(() => troubles.includes('server'));
    await worker.stop();
    await startServer();
    await until(() => troubles.includes('worker'));
    worker = await startWorker();
    await until(() => troubles.at(-1) === undefined);
    await finish(id);
    expect(await watching).toMatchObject({ id, status: 'COMPLETED', record: { conclusion: 'success' } });
  });

  it('sees that a server of ours has ended, though the question to it is still waiting for its answer', async () => {
    const id = await start('wait', 'silent');
    const { pid } = daemonStatus(SERVER_DAEMON)!;
    const troubles: (Trouble | undefined)[] = [];
    let silent = false;
    const silence = once(() => { silent = process.kill(pid, 'SIGSTOP'); });
    const watching = watchRun(client, id, {
      intervalMs: 50, deadlineMs: 120_000, signal: AbortSignal.timeout(50_000), gone: () => (silent ? 'server' : undefined),
      onRecord: () => { silence(); }, onTrouble: (trouble) => { troubles.push(trouble); },
    });
    try {
      await waitFor(() => troubles.includes('server') || undefined, { timeoutMs: 30_000, intervalMs: 20 });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    silent = false;
    await finish(id);
    expect(await watching).toMatchObject({ id, status: 'COMPLETED' });
  });

  it('of a closed run needs no worker, and its exit code says how it ended', async () => {
    const good = await start('success', 'closed');
    const bad = await start('failure', 'closed');
    await Promise.allSettled([good, bad].map((id) => client.workflow.getHandle(id).result()));
    await worker.stop();
    try {
      const terminal = fakeTerminal();
      expect(await watch(terminal, good, {})).toBe(0);
      expect(terminal.data).toContain('  container core01');
      expect(await watch(terminal, 'closed#2', {})).toBe(1);
      expect(terminal.notes).toContain("Go on at the failed step: fleetwright resume 'deploy/closed#2'");
      const json = fakeTerminal();
      await watch(json, bad, { json: true });
      expect(JSON.parse(json.data.join('\n'))).toMatchObject({ run: bad, conclusion: 'failure', exitCode: 1 });
    } finally {
      worker = await startWorker();
    }
  });

  it('names the run by a unique end, and says so when there is none', async () => {
    const id = await start('success', 'named');
    expect(await waitFor(() => findRun(client, 'named#1').catch(() => undefined), { timeoutMs: 10_000, intervalMs: 100 })).toBe(id);
    await expect(findRun(client, 'deploy/nobody#9')).rejects.toThrow(UsageError);
  });
});

describe('resume', () => {
  it('goes on with a failed run under its id, from its plan and record', async () => {
    const id = await start('failure', 'again');
    await client.workflow.getHandle(id).result().catch(() => undefined);
    const terminal = fakeTerminal();
    expect(await resume(terminal, id, {})).toBe(0);
    expect(terminal.notes.join('\n')).toContain(`${id} attempt 2 `);
    await expect(resume(terminal, id, {})).rejects.toThrow(`${id} succeeded`);
  });

  it('refuses a run that is open', async () => {
    const id = await start('wait', 'open');
    await expect(resume(fakeTerminal(), id, {})).rejects.toThrow(`${id} is still open`);
    await finish(id);
  });
});

describe('cancel', () => {
  it('waits for the end, and is done when the run is cancelled', async () => {
    const id = await start('wait', 'cancelled');
    expect(await cancel(fakeTerminal(), id, {})).toBe(0);
    expect((await client.workflow.getHandle(id).describe()).status.name).toBe('CANCELLED');
    await expect(cancel(fakeTerminal(), id, {})).rejects.toThrow('is over (cancelled)');
  });
});

describe('a teardown by the clock', () => {
  const cluster = parseClusterName('timed');

  it('fires seconds later with the worker down, and runs when the worker is back', async () => {
    await worker.stop();
    const terminal = fakeTerminal();
    expect(await down(terminal, { cluster: 'timed', in: '2s' })).toBe(0);
    expect(terminal.data[0]).toContain('timed is torn down once, next at');
    const list = () => client.workflow.list({ query: "WorkflowId STARTS_WITH 'teardown/timed#at'" });
    const fired = await waitFor(async () => { for await (const run of list()) return run; return undefined; }, { timeoutMs: 20_000, intervalMs: 200 });
    expect(fired?.status.name).toBe('RUNNING');
    worker = await startWorker();
    await client.workflow.getHandle(fired!.workflowId).result();
    expect(await listTeardowns(client)).toEqual([{ cluster: 'timed', when: 'once (UTC)' }]);
  });

  it('is replaced, listed and removed by the same command', async () => {
    await down(fakeTerminal(), { cluster: 'timed', cron: '0 19 * * 1-5', timezone: 'Europe/London' });
    const listed = fakeTerminal();
    await waitFor(async () => { listed.data.length = 0; await down(listed, { cluster: 'timed', list: true }); return listed.data[1]?.includes('0 19') || undefined; }, { timeoutMs: 10_000, intervalMs: 100 });
    expect(listed.data[1]).toMatch(/^timed +0 19 \* \* 1-5 \(Europe\/London\) +\d+ \w+ \d{4}/);
    const removed = fakeTerminal();
    await down(removed, { cluster: 'timed', remove: true });
    await down(removed, { cluster: 'timed', remove: true });
    expect(removed.notes).toEqual(['the teardown by the clock of timed is removed', 'no teardown by the clock is set for timed']);
  });

  it('is refused for a time that the clocks skip', async () => {
    const when = parseWhen({ at: '2031-03-30 01:30', timezone: 'Europe/London' }, Date.now())!;
    await expect(setTeardown(client, cluster, when)).rejects.toThrow('never comes');
  });
});

describe('a lease', () => {
  const cluster = parseClusterName('leased');
  afterAll(() => removeTeardown(client, cluster));

  it('is extended twice, each time from where it ended', async () => {
    const end = await startLease(client, cluster, 3_600_000);
    await extendLease(client, cluster, 2 * 3_600_000);
    const terminal = fakeTerminal();
    expect(await extend(terminal, '90m', { cluster: 'leased', json: true })).toBe(0);
    const { next } = JSON.parse(terminal.data[0]!) as { next: string };
    expect(new Date(next).getTime() - end.getTime()).toBe(3.5 * 3_600_000);
    await expect(extend(terminal, 'soon', { cluster: 'leased' })).rejects.toThrow(UsageError);
    await expect(extend(terminal, '1h', { cluster: 'none' })).rejects.toThrow('none has no lease');
  });

  it('is put off with what the teardown knows of where the servers are', async () => {
    const inputs = { provider: 'static', inventory: '/srv/inventory.yml' };
    await startLease(client, cluster, 3_600_000, inputs);
    await extendLease(client, cluster, 3_600_000);
    expect(await teardownInputs(client, cluster)).toEqual({ ...inputs, cluster: 'leased' });
    await setTeardown(client, cluster, { kind: 'cron', cron: '0 19 * * *', timeZone: 'UTC' });
    await expect(extendLease(client, cluster, 3_600_000)).rejects.toThrow('leased is torn down again and again (0 19 * * * (UTC)): that is no lease to extend');
  });

  it('is warned of when it ends soon', async () => {
    await startLease(client, cluster, 600_000);
    const terminal = fakeTerminal();
    await status(terminal, { cluster: 'leased' });
    expect(terminal.data.join('\n')).toMatch(/leased is torn down in \d+m .*fleetwright extend 2h --cluster leased/);
  });

  it('ends with a teardown although no worker was there at that moment', async () => {
    await worker.stop();
    await startLease(client, cluster, 1_000);
    const fired = await waitFor(async () => (await listRuns(client, { filter: "WorkflowType = 'teardown'" })).find(({ id }) => id.startsWith('teardown/leased#at')), { timeoutMs: 30_000, intervalMs: 200 });
    expect(fired?.status).toBe('RUNNING');
    worker = await startWorker();
    await client.workflow.getHandle(fired!.id).result();
  });
});

describe('a schedule', () => {
  const request = { name: 'nightly', plan: { type: 'deploy', inputs: { mode: 'success', cluster: 'night' } }, file: '/deploy.yml', inputs: { mode: 'success', cluster: 'night' }, crons: ['0 2 * * *'], timeZone: 'Europe/London', overlap: 'skip' } as const;
  afterAll(async () => client.schedule.getHandle('schedule/nightly').delete().catch(() => undefined));

  it('is listed with its next time, paused, and refused a second time under its name', async () => {
    expect((await createSchedule(client, request)).getUTCMinutes()).toBe(0);
    await expect(createSchedule(client, request)).rejects.toThrow('there is a schedule nightly already');
    expect(await listSchedules(client)).toMatchObject([{ name: 'nightly', cron: '0 2 * * * (Europe/London)', overlap: 'skip', paused: false }]);
    await schedule.act(fakeTerminal(), 'nightly', 'pause', {});
    expect((await listSchedules(client))[0]).toMatchObject({ paused: true });
    await expect(schedule.act(fakeTerminal(), 'nighty', 'delete', {})).rejects.toThrow('there is no schedule "nighty": there is nightly');
  });

  it('that fires while the worker is down runs when one is there again', async () => {
    await worker.stop();
    await client.schedule.getHandle('schedule/nightly').trigger();
    const fired = await waitFor(async () => (await listRuns(client)).find(({ id }) => id.startsWith('deploy/night#by-nightly')), { timeoutMs: 30_000, intervalMs: 200 });
    expect(fired?.status).toBe('RUNNING');
    worker = await startWorker();
    await client.workflow.getHandle(fired!.id).result();
  });

  it('is what a file says in on.schedule after a sync, also when the file has fewer or others than before', async () => {
    const write = (name: string, ...crons: readonly string[]): string => {
      const path = join(home, `${name}.yml`);
      writeFileSync(path, `on:\n  push:\n${crons.length === 0 ? '' : `  schedule: [${crons.join(', ')}]\n`}jobs:\n  a:\n    runs-on: worker\n    steps: [{ run: 'true' }]\n`);
      return path;
    };
    const synced = async (...files: readonly string[]): Promise<string> => {
      const terminal = fakeTerminal();
      expect(await schedule.sync(terminal, [...files], {})).toBe(0);
      return terminal.data.join('\n');
    };
    const [one, other] = [write('one', "{ cron: '0 3 * * *' }", "{ cron: '30 4 * * 1', timezone: Europe/London }"), write('other', "{ cron: '0 5 * * *' }")];
    expect(await synced(one, other)).toMatch(/^one-on-1: 0 3 \* \* \* \(UTC\), next at .*\none-on-2: 30 4 \* \* 1 \(Europe\/London\), next at .*\nother-on-1: 0 5/);
    expect(await synced(write('one', "{ cron: '15 3 * * *' }"))).toMatch(/^one-on-1: 15 3 \* \* \* \(UTC\).*\none-on-2: removed, the file has it no more$/);
    expect((await listSchedules(client)).map(({ name }) => name)).toEqual(expect.arrayContaining(['one-on-1', 'other-on-1']));
    await expect(synced(write('never'))).rejects.toThrow('no "on.schedule" in');
    for (const name of ['one-on-1', 'other-on-1']) await schedule.act(fakeTerminal(), name, 'delete', {});
  });

  it('is refused for a cron and a time zone that are none, before anything is asked', async () => {
    await expect(schedule.create(fakeTerminal(), 'x.yml', { cron: 'daily' })).rejects.toThrow('has 1 fields, not 5');
    await expect(schedule.create(fakeTerminal(), 'x.yml', { cron: '0 2 * * *', timezone: 'Mars' })).rejects.toThrow('there is no time zone "Mars"');
    await expect(schedule.create(fakeTerminal(), 'x.yml', {})).rejects.toThrow('--cron says when');
  });
});

describe('status', () => {
  it('says for whom a parked run waits', async () => {
    const id = await start('park', 'undecided');
    const terminal = fakeTerminal();
    await waitFor(async () => { terminal.data.length = 0; await status(terminal, { cluster: 'undecided' }); return terminal.data.some((line) => line.includes('waits:')) || undefined; }, { timeoutMs: 20_000, intervalMs: 100 });
    expect(terminal.data.find((line) => line.startsWith(id))).toContain('waits: a decision on a/1');
    await finish(id);
  });

  it('shows server, runs and their links', async () => {
    const id = await start('success', 'seen');
    const terminal = fakeTerminal();
    await waitFor(async () => { terminal.data.length = 0; await status(terminal, { cluster: 'seen', json: true }); return terminal.data[0]?.includes(id) || undefined; }, { timeoutMs: 10_000, intervalMs: 100 });
    expect(JSON.parse(terminal.data[0]!)).toMatchObject({ temporal: { reachable: true, running: true, ours: true }, worker: { running: false }, runs: [{ id, type: 'deploy' }] });
  });

  it('works with nothing running', async () => {
    const terminal = fakeTerminal();
    const [port] = await freePorts(1);
    vi.stubEnv('XDG_STATE_HOME', join(home, 'empty'));
    expect(await status(terminal, { temporalPort: String(port), cluster: 'nobody' })).toBe(0);
    vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
    expect(terminal.data[0]).toBe('Temporal server  not running');
    expect(terminal.data.at(-1)).toBe('Nothing runs here. Bring a cluster up with: fleetwright up');
  });
});
