import type { Client } from '@temporalio/client';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daemonStatus } from '../../infra/daemon.js';
import { ensureEngine } from '../../infra/docker/engine.js';
import { readLedger } from '../../infra/ledger.js';
import { fileLogStore } from '../../infra/log/fileStore.js';
import { parseClusterName, parseRunId } from '../../language/ids.js';
import { SERVER_DAEMON } from '../../infra/temporal/devServer.js';
import { WORKER_DAEMON } from '../../infra/temporal/worker.js';
import { clusterThings } from './cluster.js';
import { product, recordOf, until, type Product } from './product.js';

const CLUSTER = parseClusterName('kill');
const RUN = parseRunId(`deploy/${CLUSTER}#1`);
const VICTIMS = [[WORKER_DAEMON], [SERVER_DAEMON], [WORKER_DAEMON, SERVER_DAEMON]] as const;

let fleetwright: Product;
let docker: Docker;
beforeAll(async () => {
  docker = await ensureEngine();
  fleetwright = await product();
});
afterAll(async () => {
  await fleetwright.run('down', '--cluster', CLUSTER);
  await fleetwright.run('stop');
});

/** The steps that have begun: each opens its log as it does. */
function begun(): readonly string[] {
  return fileLogStore().list(RUN).map(({ step }) => step);
}

/** The moments at which something is killed: a step begins, and the first effect of a kind has happened, before its result is recorded. */
function moments(): readonly string[] {
  const effects = readLedger(CLUSTER).filter(({ effect }) => !effect.startsWith('delete-')).map(({ effect }) => `after ${effect}`);
  return [...new Set([...begun(), ...effects])];
}

/** Kills with SIGKILL at each of these moments, each time another of the worker, the server, and both. */
async function killAtEveryMoment(done: () => boolean): Promise<Map<string, string>> {
  const killed = new Map<string, string>();
  while (!done()) {
    for (const moment of moments().filter((other) => !killed.has(other))) {
      const victims = VICTIMS[killed.size % VICTIMS.length]!;
      killed.set(moment, victims.join(' and '));
      for (const victim of victims) {
        const pid = daemonStatus(victim)?.pid;
        if (pid) process.kill(pid, 'SIGKILL');
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return killed;
}

/** How often each activity of the run's jobs was completed, by step. */
async function completions(client: Client, jobs: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const job of jobs) {
    const { events = [] } = await client.workflow.getHandle(`${RUN}/${job}`).fetchHistory();
    for (const { activityTaskCompletedEventAttributes: completed } of events ?? []) {
      if (!completed) continue;
      const scheduled = (events ?? []).find(({ eventId }) => String(eventId) === String(completed.scheduledEventId));
      const input = JSON.parse(Buffer.from(scheduled!.activityTaskScheduledEventAttributes!.input!.payloads![0]!.data!).toString()) as { step: string };
      counts[input.step] = (counts[input.step] ?? 0) + 1;
    }
  }
  return counts;
}

describe('kill -9 of the worker, the server, or both, at every step of deploy.yml and after every kind of effect', () => {
  it('ends in the same ten web servers: no completed step ran again, no second server was made', async () => {
    const since = Math.floor(Date.now() / 1000);
    const up = fleetwright.start('up', '--cluster', CLUSTER);
    let over = false;
    const ended = up.ended.finally(() => { over = true; });
    const killed = await killAtEveryMoment(() => over);
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).toBe(0);
    expect(stdout.match(/4079 cities/g)).toHaveLength(10);

    const client = await fleetwright.client();
    const record = (await recordOf(client, RUN))!;
    const steps = record.jobs.flatMap((job) => job.steps.map(({ address }) => address as string));
    const effects = new Set(readLedger(CLUSTER).map(({ effect }) => `after ${effect}`));
    expect([...killed.keys()].sort()).toEqual([...steps, ...effects].sort());
    expect(await completions(client, record.jobs.map(({ key }) => key))).toEqual(Object.fromEntries(steps.map((step) => [step, 1])));
    await client.connection.close();

    const counts = new Map<string, number>();
    for (const { effect, key } of readLedger(CLUSTER)) counts.set(`${effect} ${key}`, (counts.get(`${effect} ${key}`) ?? 0) + 1);
    console.log(['kills:', ...[...killed].map(([moment, victim]) => `  ${moment}: ${victim}`), 'ledger:', ...[...counts].map(([effect, n]) => `  ${n} x ${effect}`)].join('\n'));
    expect([...counts].filter(([, count]) => count > 1)).toEqual([]);
    const servers = await docker.listContainers({ all: true, filters: { label: [`fleetwright.cluster=${CLUSTER}`, 'fleetwright.server'] } });
    expect(servers).toHaveLength(4);
    // The engine's own account: a container that was made and removed would stand there.
    const { removed } = await lifecycle(docker, since);
    expect(removed).toEqual([]);
  });

  it('goes on with a teardown as well, and nothing is left', async () => {
    const down = fleetwright.start('down', '--cluster', CLUSTER);
    await until('the first server is deleted', () => readLedger(CLUSTER).some(({ effect }) => effect === 'delete-server'));
    const pid = daemonStatus(WORKER_DAEMON)?.pid;
    if (pid) process.kill(pid, 'SIGKILL');
    const { code, stderr } = await down.ended;
    expect(code, stderr).toBe(0);
    expect(await clusterThings(docker, CLUSTER).list()).toEqual([]);
  });
});

/** Containers of the cluster's servers that the engine says were destroyed. @param since seconds since the epoch */
async function lifecycle(engine: Docker, since: number): Promise<{ readonly removed: readonly string[] }> {
  const now = Math.floor(Date.now() / 1000);
  const stream = await engine.getEvents({ since, until: now, filters: { type: ['container'], event: ['destroy'], label: [`fleetwright.cluster=${CLUSTER}`] } });
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return { removed: text.split('\n').filter(Boolean).map((line) => (JSON.parse(line) as { Actor: { Attributes: { name: string } } }).Actor.Attributes.name) };
}
