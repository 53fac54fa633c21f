/**
 * `npx tsx bench/deploy.ts [RUNS]`: times `up`, with images built, against a plain script that does the same work by hand (plain-deploy.sh),
 * by turns on the same machine, RUNS times each (3). Prints what it measured as markdown; exit code 1 when a bound is not met.
 *
 * 1. A run of ours begins with no worker and no Temporal server: `up` starts both within its time.
 * 2. Both use the registry's volume of earlier clusters. The images that machines share are ours alone: nobody does that by hand.
 * 3. One `up` that is not counted goes before, so that images are built and caches are warm for both.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packagePath } from '../infra/paths.js';
import { freePorts } from '../test/freePorts.js';
import { timed, type Timed } from './commands.js';
import { measureRun, type RunSize } from './measure.js';
import { median, report } from './report.js';

/** What the deployment must keep. Times are never absolute: they depend on the machine. */
const BOUNDS = { ratio: 1.05, events: 300, bytes: 200_000, residentBytes: 700_000_000 } as const;
const CLUSTER = 'bench';
/** A step of deploy.yml that ends what the plain script calls a phase. */
const PHASES: Readonly<Record<string, string>> = {
  'Create the discovery URL': 'services', 'Boot the servers': 'booted', 'Wait for the cluster': 'healthy', 'Submit the unit files': 'submitted',
  'Start the database': 'database', 'Import the world database': 'imported', 'Start the web servers': 'announced', 'Verify the endpoints': 'verified',
};

const runs = Number(process.argv[2] ?? 3);
if (!Number.isInteger(runs) || runs < 1) {
  console.error(`${process.argv[2]} is not a number of runs`);
  process.exit(2);
}
const state = mkdtempSync(join(tmpdir(), 'fleetwright-bench-'));
process.env['XDG_STATE_HOME'] = state;
const [port, uiPort] = await freePorts(2);
Object.assign(process.env, { FLEETWRIGHT_TEMPORAL_PORT: String(port), FLEETWRIGHT_UI_PORT: String(uiPort), NO_COLOR: '1' });

function fleetwright(...args: readonly string[]): Promise<Timed> {
  return timed([process.execPath, packagePath('bin', 'fleetwright.js'), ...args], (line) => {
    const [, step = ''] = / success in [^:]*: (.*)$/.exec(line) ?? [];
    return PHASES[step];
  });
}

function plain(command: 'up' | 'down', work: string): Promise<Timed> {
  return timed([packagePath('bench', 'plain-deploy.sh'), command, work], (line) => /^[\d.]+ (\w+)$/.exec(line)?.[1]);
}

async function byHand(): Promise<Timed> {
  const work = mkdtempSync(join(tmpdir(), 'plain-deploy-'));
  try {
    return await plain('up', work);
  } finally {
    await plain('down', work);
    rmSync(work, { recursive: true, force: true });
  }
}

async function ours(number: number): Promise<{ readonly time: Timed; readonly size: RunSize }> {
  await fleetwright('stop');
  const time = await fleetwright('up', '--cluster', CLUSTER);
  const size = await measureRun(`127.0.0.1:${port}`, `deploy/${CLUSTER}#${number}`);
  await fleetwright('down', '--cluster', CLUSTER);
  return { time, size };
}

try {
  if (spawnSync(process.execPath, [packagePath('build.mjs')], { stdio: 'inherit' }).status !== 0) throw new Error('the build failed');
  await ours(1);
  const hand: Timed[] = [];
  const product: Awaited<ReturnType<typeof ours>>[] = [];
  for (let run = 1; run <= runs; run += 1) {
    // By turns, and each first as often as the other: neither has the warmer machine.
    if (run % 2 === 1) hand.push(await byHand());
    product.push(await ours(run + 1));
    if (run % 2 === 0) hand.push(await byHand());
    console.error(`${run} of ${runs}: by hand ${hand.at(-1)!.seconds.toFixed(1)} s, up ${product.at(-1)!.time.seconds.toFixed(1)} s`);
  }
  const sizes = product.map(({ size }) => size);
  const largest = (key: keyof RunSize): number => Math.max(...sizes.map((size) => size[key]));
  const measured = {
    ratio: median(product.map(({ time }) => time.seconds)) / median(hand.map(({ seconds }) => seconds)),
    events: largest('events'), bytes: largest('bytes'), residentBytes: largest('residentBytes'),
  };
  console.log(report({ hand, product: product.map(({ time }) => time), measured, bounds: BOUNDS }));
  process.exitCode = Object.entries(BOUNDS).every(([key, bound]) => measured[key as keyof typeof BOUNDS] <= bound) ? 0 : 1;
} finally {
  await fleetwright('down', '--cluster', CLUSTER).catch(() => undefined);
  await fleetwright('stop').catch(() => undefined);
  rmSync(state, { recursive: true, force: true });
}
