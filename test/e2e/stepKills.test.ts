import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daemonStatus } from '../../infra/daemon.js';
import { SERVER_DAEMON } from '../../infra/temporal/devServer.js';
import { WORKER_DAEMON } from '../../infra/temporal/worker.js';
import { killWorker, product, until, type Product } from './product.js';

/** FLEETWRIGHT_KILLS=200 for the long form. */
const KILLS = Number(process.env['FLEETWRIGHT_KILLS'] ?? 10);
/** Enough that steps are left when the last kill is done. */
const STEPS = KILLS * 40;

const folder = mkdtempSync(join(tmpdir(), 'fleetwright-kills-'));
const ledger = join(folder, 'ledger');
const file = join(folder, 'ledger.yml');

let fleetwright: Product;
beforeAll(async () => {
  const steps = Array.from({ length: STEPS }, (_, i) => `      - run: echo ${i} >>${ledger}; sleep 0.0${(i * 7) % 10}`);
  // One that is running at most kills, and has to be followed.
  steps.splice(STEPS / 2, 0, `      - run: sleep 4; echo long >>${ledger}`);
  writeFileSync(file, ['on: push', 'jobs:', '  ledger:', '    runs-on: ubuntu-latest', '    steps:', ...steps, ''].join('\n'));
  fleetwright = await product({ cwd: folder });
});
afterAll(async () => {
  await fleetwright.run('stop');
  rmSync(folder, { recursive: true, force: true });
});

function lines(): readonly string[] {
  try {
    return readFileSync(ledger, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** Kills the worker at random moments, with the server at every fifth, and has `status` start again what is gone. */
async function killAtRandom(done: () => boolean): Promise<number> {
  let kills = 0;
  while (kills < KILLS && !done()) {
    const before = lines().length;
    await until('a worker is there and steps go on', () => done() || (daemonStatus(WORKER_DAEMON) !== undefined && lines().length > before));
    await pause(Math.random() * 400);
    if (done()) break;
    killWorker();
    kills += 1;
    const server = kills % 5 === 0 ? daemonStatus(SERVER_DAEMON)?.pid : undefined;
    if (server) process.kill(server, 'SIGKILL');
    await fleetwright.run('run', file, '--job', 'none').catch(() => undefined);
  }
  return kills;
}

describe('kill -9 of the worker at random moments, with the server at every fifth', () => {
  it(`runs each of ${STEPS} steps exactly once, in their order, whatever is killed ${KILLS} times`, async () => {
    const run = fleetwright.start('run', file);
    let over = false;
    const ended = run.ended.finally(() => { over = true; });
    const kills = await killAtRandom(() => over);
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(0);
    const expected = Array.from({ length: STEPS }, (_, i) => String(i));
    expected.splice(STEPS / 2, 0, 'long');
    expect(lines()).toEqual(expected);
    console.log(`${kills} kills, ${STEPS + 1} steps: none twice, none lost`);
  });
});
