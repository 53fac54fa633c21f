/**
 * `npx tsx bench/steps.ts [RUNS] [PART...]`: the same workflow files by us and by act in host mode, by turns on the same machine, RUNS times each (5),
 * everything durable. PART is one of `PARTS` below (all). Prints what it measured as markdown; exit code 1 when a bound is not met.
 *
 * 1. A step's time is the difference between a file of 100 steps and one of 1, by 99: what starts and ends a run is not in it, for both.
 * 2. Server and worker are up: they are started once, as a person has them; and once more with each record synced to the disk, for that variant.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packagePath } from '../infra/paths.js';
import { freePorts } from '../test/freePorts.js';
import { timed } from './commands.js';
import { measureRun } from './measure.js';
import { median } from './report.js';
import { actCommand, findAct } from './steps/act.js';
import { firstStepAfter, nextStepAfterKill, peakWhile } from './steps/extras.js';
import { FILES } from './steps/files.js';

interface Bound {
  readonly name: string;
  readonly measured: number;
  readonly most: number;
}

type Part = () => Promise<readonly Bound[]>;

const runs = Number(process.argv[2] ?? 5);
const chosen = process.argv.slice(3);
const act = findAct();
const work = mkdtempSync(join(tmpdir(), 'fleetwright-bench-'));
process.env['XDG_STATE_HOME'] = join(work, 'state');
const [port, uiPort] = await freePorts(2);
Object.assign(process.env, { FLEETWRIGHT_TEMPORAL_PORT: String(port), FLEETWRIGHT_UI_PORT: String(uiPort), NO_COLOR: '1' });
const folder = join(work, 'repository', '.github', 'workflows');
mkdirSync(folder, { recursive: true });
spawnSync('git', ['init', '--quiet', join(work, 'repository')]);
spawnSync('git', ['-C', join(work, 'repository'), '-c', 'user.name=bench', '-c', 'user.email=bench@localhost', 'commit', '--quiet', '--allow-empty', '--message', 'bench']);
for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, `${name}.yml`), text);
process.chdir(join(work, 'repository'));

const seconds = async (command: readonly string[]): Promise<number> => (await timed(command, () => undefined)).seconds;
const fleetwright = (...args: readonly string[]): readonly string[] => [process.execPath, packagePath('bin', 'fleetwright.js'), ...args];
const fileOf = (name: string): string => join(folder, `${name}.yml`);

async function inTurn(times: number, act: () => Promise<number>): Promise<readonly number[]> {
  const all: number[] = [];
  for (let at = 0; at < times; at += 1) all.push(await act());
  return all;
}

/** Both, by turns: medians in seconds. */
async function compare(name: string, times: number): Promise<{ readonly act: number; readonly ours: number }> {
  const taken: { act: number[]; ours: number[] } = { act: [], ours: [] };
  for (let run = 0; run < times; run += 1) {
    const both = [async () => void taken.act.push(await seconds(actCommand(act, fileOf(name)))), async () => void taken.ours.push(await seconds(fleetwright('run', fileOf(name))))];
    for (const one of run % 2 === 0 ? both : both.reverse()) await one();
  }
  console.error(`${name}: act ${taken.act.map((s) => s.toFixed(2)).join(' ')} s, fleetwright ${taken.ours.map((s) => s.toFixed(2)).join(' ')} s`);
  return { act: median(taken.act), ours: median(taken.ours) };
}

async function comparedByAct(title: string, name: string, times: number, most: number): Promise<Bound> {
  const { act: theirs, ours } = await compare(name, times);
  return { name: `${title} by act's`, measured: ours / theirs, most };
}

async function perStep(): Promise<{ readonly act: number; readonly ours: number; readonly one: number; readonly hundred: number }> {
  const one = await compare('one', runs);
  const hundred = await compare('hundred', runs);
  const per = { act: (hundred.act - one.act) / 99, ours: (hundred.ours - one.ours) / 99 };
  console.error(`ms a step: act ${(per.act * 1000).toFixed(2)}, fleetwright ${(per.ours * 1000).toFixed(2)}`);
  return { ...per, one: one.ours, hundred: hundred.ours };
}

/** In the order in which they are measured. */
const PARTS: Readonly<Record<string, Part>> = {
  async start() {
    const first = join(work, 'first');
    return [{ name: 'from `run` to the first step, seconds', measured: median(await inTurn(runs, () => firstStepAfter(fleetwright('run', fileOf('first'), '--env', `FIRST=${first}`), first))), most: 1 }];
  },
  async steps() {
    const per = await perStep();
    const size = await measureRun(`127.0.0.1:${port}`, 'hundred/local#1');
    return [
      { name: 'a step by act\'s', measured: per.ours / per.act, most: 0.8 },
      { name: 'from `run` to the end of one step, seconds', measured: per.one, most: 1.5 },
      { name: 'events a step', measured: size.events / 100, most: 0.5 },
      { name: 'bytes of history a step', measured: size.bytes / 100, most: 300 },
      { name: 'worker and server resident, MB', measured: size.residentBytes / 1e6, most: 700 },
    ];
  },
  async jobs() {
    return [await comparedByAct('10 jobs of 10 steps', 'tenByTen', Math.min(3, runs), 2)];
  },
  async matrix() {
    return [await comparedByAct('a matrix of 100', 'matrix', Math.min(3, runs), 2)];
  },
  async log() {
    const by = await comparedByAct('a log of 200 MB', 'log', 1, 1);
    const peak = await peakWhile(() => seconds(fleetwright('run', fileOf('log'))));
    return [by, { name: 'worker and server resident while a log of 200 MB is followed, MB', measured: peak / 1e6, most: 700 }];
  },
  async long() {
    const hundred = median(await inTurn(runs, () => seconds(fleetwright('run', fileOf('hundred')))));
    const five = await seconds(fleetwright('run', fileOf('fiveThousand')));
    const size = await measureRun(`127.0.0.1:${port}`, 'fiveThousand/local#1');
    return [
      { name: 'a step of 5,000 in one job by one of 100', measured: five / 5000 / (hundred / 100), most: 1.5 },
      { name: 'events a step of 5,000', measured: size.events / 5000, most: 0.5 },
    ];
  },
  async commands() {
    return [
      { name: '`validate` of 500 lines, seconds', measured: median(await inTurn(runs, () => seconds(fleetwright('validate', fileOf('long'))))), most: 0.5 },
      { name: '`--help`, seconds', measured: median(await inTurn(runs, () => seconds(fleetwright('--help')))), most: 0.25 },
    ];
  },
  async kill() {
    const ledger = join(work, 'ledger');
    const measured = await nextStepAfterKill({ run: fleetwright('run', fileOf('ledger'), '--env', `LEDGER=${ledger}`), back: fleetwright('run', fileOf('one')), ledger });
    return [{ name: 'the next step when a worker is back after SIGKILL, seconds', measured, most: 1.5 }];
  },
  async synced() {
    await seconds(fleetwright('stop'));
    process.env['FLEETWRIGHT_SYNC'] = '1';
    await seconds(fleetwright('run', fileOf('one')));
    const per = await perStep();
    return [{ name: 'a step by act\'s, each record synced to the disk', measured: per.ours / per.act, most: 1 }];
  },
};

try {
  const unknown = chosen.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown !== undefined) throw new Error(`no part is called ${unknown}: they are ${Object.keys(PARTS).join(', ')}`);
  if (spawnSync(process.execPath, [packagePath('build.mjs')], { stdio: 'inherit' }).status !== 0) throw new Error('the build failed');
  await seconds(fleetwright('run', fileOf('one')));
  const bounds: Bound[] = [];
  for (const [name, measure] of Object.entries(PARTS)) if (chosen.length === 0 || chosen.includes(name)) bounds.push(...await measure());
  console.log(['| | measured | at most |', '|---|---|---|', ...bounds.map(({ name, measured, most }) => `| ${name} | ${measured.toFixed(2)} | ${most} |`)].join('\n'));
  process.exitCode = bounds.every(({ measured, most }) => measured <= most) ? 0 : 1;
} finally {
  await seconds(fleetwright('stop')).catch(() => undefined);
  rmSync(work, { recursive: true, force: true });
}
