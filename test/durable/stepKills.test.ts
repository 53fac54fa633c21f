import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daemonStatus } from '../../infra/daemon.js';
import { SERVER_DAEMON } from '../../infra/temporal/devServer.js';
import { killWorker, until } from '../e2e/product.js';
import { ownProduct, type OwnProduct } from './ownProduct.js';

/** FLEETWRIGHT_KILLS=200 for the long form. */
const KILLS = Number(process.env['FLEETWRIGHT_KILLS'] ?? 10);
/** Enough that steps are left when the last kill is done. */
const STEPS = KILLS * 20;
const MOST_MS = Math.max(15 * 60_000, KILLS * 15_000);
const LONG_AT = Math.floor(STEPS / 2);

const folder = mkdtempSync(join(tmpdir(), 'fleetwright-kills-'));
const ledger = join(folder, 'ledger');
const file = join(folder, 'ledger.yml');

let fleetwright: OwnProduct;
beforeAll(async () => {
  const steps = Array.from({ length: STEPS }, (_, i) => `      - run: echo ${i} >>${ledger}; sleep 0.0${(i * 7) % 10}`);
  // One that lasts over some kills, and has to be followed.
  steps.splice(LONG_AT, 0, `      - run: echo begun >>${ledger}; sleep 4; echo long >>${ledger}`);
  writeFileSync(file, ['on: push', 'jobs:', '  ledger:', '    runs-on: ubuntu-latest', '    timeout-minutes: 360', '    steps:', ...steps, ''].join('\n'));
  fleetwright = await ownProduct(folder);
});
afterAll(async () => {
  await fleetwright.stop();
  rmSync(folder, { recursive: true, force: true });
});

function lines(): readonly string[] {
  try {
    return readFileSync(ledger, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

function told(gaps: readonly number[]): string {
  const sorted = gaps.toSorted((a, b) => a - b).map(Math.round);
  return `next step after a worker is back: median ${sorted[sorted.length >> 1]} ms, most ${sorted.slice(-5).toReversed().join(', ')} ms`;
}

interface Kills {
  readonly count: number;
  /** Of them, how often the server was killed with the worker. */
  readonly both: number;
  /** From when the worker polled again to the next line of the ledger, where no step was running. Milliseconds. */
  readonly gaps: readonly number[];
}

/** Kills the worker at random moments, with the server at every fifth, and starts at once what is gone, as the command does. */
async function killAtRandom(done: () => boolean): Promise<Kills> {
  let [count, both] = [0, 0];
  const gaps: number[] = [];
  await until('the first step has run', () => done() || lines().length > 0);
  while (count < KILLS && !done()) {
    await pause(Math.random() * 400);
    if (done()) break;
    killWorker();
    count += 1;
    const server = count % 5 === 0 ? daemonStatus(SERVER_DAEMON)?.pid : undefined;
    if (server) {
      process.kill(server, 'SIGKILL');
      both += 1;
    }
    const before = lines();
    await fleetwright.start();
    const back = performance.now();
    await until('steps go on', () => done() || lines().length > before.length);
    if (before.at(-1) !== 'begun') gaps.push(performance.now() - back);
    if (count % 20 === 0) console.log(`${count} kills, ${lines().length} steps; ${told(gaps)}`);
  }
  return { count, both, gaps };
}

describe('kill -9 of the worker at random moments, with the server at every fifth', () => {
  it(`runs each of ${STEPS} steps exactly once, in their order, whatever is killed ${KILLS} times`, async () => {
    const run = fleetwright.run('run', file);
    let over = false;
    const ended = run.finally(() => { over = true; });
    const kills = await killAtRandom(() => over);
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(0);
    const expected = Array.from({ length: STEPS }, (_, i) => String(i));
    expected.splice(LONG_AT, 0, 'begun', 'long');
    expect(lines()).toEqual(expected);
    expect(kills.count).toBe(KILLS);
    console.log(`${kills.count} kills, ${kills.both} of them with the server, ${STEPS + 1} steps: none twice, none lost; ${told(kills.gaps)}`);
  }, MOST_MS);
});
