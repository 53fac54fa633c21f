/**
 * `npx tsx bench/steps.ts [RUNS]`: the same workflow files by us and by act in host mode, by turns on the same machine, RUNS times each (5), everything
 * durable. Prints what it measured as markdown; exit code 1 when a bound is not met.
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

const runs = Number(process.argv[2] ?? 5);
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

try {
  if (spawnSync(process.execPath, [packagePath('build.mjs')], { stdio: 'inherit' }).status !== 0) throw new Error('the build failed');
  await seconds(fleetwright('run', fileOf('one')));
  const first = join(work, 'first');
  const typed = median(await inTurn(runs, () => firstStepAfter(fleetwright('run', fileOf('first'), '--env', `FIRST=${first}`), first)));
  const one = await compare('one', runs);
  const hundred = await compare('hundred', runs);
  const size = await measureRun(`127.0.0.1:${port}`, 'hundred/local#1');
  const tenByTen = await compare('tenByTen', Math.min(3, runs));
  const matrix = await compare('matrix', Math.min(3, runs));
  const log = await compare('log', 1);
  const logPeak = await peakWhile(() => seconds(fleetwright('run', fileOf('log'))));
  const five = await seconds(fleetwright('run', fileOf('fiveThousand')));
  const fiveSize = await measureRun(`127.0.0.1:${port}`, 'fiveThousand/local#1');
  const validated = median(await inTurn(runs, () => seconds(fleetwright('validate', fileOf('long')))));
  const help = median(await inTurn(runs, () => seconds(fleetwright('--help'))));
  const afterKill = await nextStepAfterKill({ run: fleetwright('run', fileOf('ledger'), '--env', `LEDGER=${join(work, 'ledger')}`), back: fleetwright('run', fileOf('one')), ledger: join(work, 'ledger') });
  await seconds(fleetwright('stop'));
  process.env['FLEETWRIGHT_SYNC'] = '1';
  await seconds(fleetwright('run', fileOf('one')));
  const [oneSynced, hundredSynced] = [await compare('one', runs), await compare('hundred', runs)];
  const perSynced = { act: (hundredSynced.act - oneSynced.act) / 99, ours: (hundredSynced.ours - oneSynced.ours) / 99 };
  const perStep = { act: (hundred.act - one.act) / 99, ours: (hundred.ours - one.ours) / 99 };
  const bounds: readonly Bound[] = [
    { name: 'a step by act\'s', measured: perStep.ours / perStep.act, most: 0.8 },
    { name: 'the same with each record synced to the disk', measured: perSynced.ours / perSynced.act, most: 1 },
    { name: 'from `run` to the first step, seconds', measured: typed, most: 1 },
    { name: 'from `run` to the end of one step, seconds', measured: one.ours, most: 1.5 },
    { name: '10 jobs of 10 steps by act\'s', measured: tenByTen.ours / tenByTen.act, most: 2 },
    { name: 'a matrix of 100 by act\'s', measured: matrix.ours / matrix.act, most: 2 },
    { name: 'a log of 200 MB by act\'s', measured: log.ours / log.act, most: 1 },
    { name: 'events a step', measured: size.events / 100, most: 0.5 },
    { name: 'bytes of history a step', measured: size.bytes / 100, most: 300 },
    { name: 'worker and server resident, MB', measured: size.residentBytes / 1e6, most: 700 },
    { name: 'the same while a log of 200 MB is followed, MB', measured: logPeak / 1e6, most: 700 },
    { name: 'a step of 5,000 in one job by one of 100', measured: five / 5000 / (hundred.ours / 100), most: 1.5 },
    { name: 'events a step of 5,000', measured: fiveSize.events / 5000, most: 0.5 },
    { name: '`validate` of 500 lines, seconds', measured: validated, most: 0.5 },
    { name: '`--help`, seconds', measured: help, most: 0.25 },
    { name: 'the next step when a worker is back after SIGKILL, seconds', measured: afterKill, most: 1.5 },
  ];
  console.log(['| | measured | at most |', '|---|---|---|', ...bounds.map(({ name, measured, most }) => `| ${name} | ${measured.toFixed(2)} | ${most} |`)].join('\n'));
  console.log(`\nms a step: act ${(perStep.act * 1000).toFixed(2)}, fleetwright ${(perStep.ours * 1000).toFixed(2)}`);
  process.exitCode = bounds.every(({ measured, most }) => measured <= most) ? 0 : 1;
} finally {
  await seconds(fleetwright('stop')).catch(() => undefined);
  rmSync(work, { recursive: true, force: true });
}
