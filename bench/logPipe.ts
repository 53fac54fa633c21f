/**
 * `npx tsx bench/logPipe.ts [MEGABYTES]`: sends output of that size (200) through the way of a step's output into the log store, and, for comparison in the
 * same run, straight into a file. Prints megabytes a second, the ratio of the times, and what memory grew by, as markdown; exit code 1 when a bound is not met.
 *
 * 1. Every kind of output has a process of its own, so that each one's memory is its own.
 * 2. Kinds go by turns, three times; the median counts.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineBuffer } from '../cli/log/lineBuffer.js';
import { jobPrinter } from '../cli/log/printer.js';
import { fileLogStore } from '../infra/log/fileStore.js';
import { Masker } from '../infra/log/masker.js';
import { ProblemMatchers } from '../infra/log/matchers.js';
import { createStepOutput } from '../infra/log/stepOutput.js';
import { parseRunId, parseJobId, stepAddress } from '../language/ids.js';
import { median } from './report.js';

interface Kind {
  readonly name: string;
  readonly chunk: Buffer;
  readonly secrets?: number;
  readonly matchers?: boolean;
  /** Instead of the size given. */
  readonly bytes?: number;
  /** At most this many times what the file alone takes. */
  readonly ratio?: number;
  readonly screen?: boolean;
}

interface Measured {
  readonly seconds: number;
  readonly grewBy: number;
}

const MEGABYTE = 1e6;
const RUNS = 3;
const MOST_MEMORY = 64 * MEGABYTE;
const text = (line: (i: number) => string): Buffer => Buffer.from(Array.from({ length: 2000 }, (_, i) => line(i)).join('').slice(0, 64 * 1024));
const PLAIN = text((i) => `2026-01-01 12:00:00 INFO worker-${i % 7} handled request ${i} of /api/v1/things in ${i % 97} ms\n`);
const COLONS = text((i) => `[ ${i % 100}%] Building CXX object std::vector<ns::thing${i}>::push_back(ns::thing&&) (x::y)\n`);
const COMMANDS = text((i) => (i % 2 ? `::notice file=src/a.ts,line=${i}::something about line ${i}\n` : `::group::part ${i}\n`));
const LINE = Buffer.from(PLAIN.toString('latin1').replaceAll('\n', ' '));

const KINDS: readonly Kind[] = [
  { name: 'file', chunk: PLAIN },
  { name: 'plain', chunk: PLAIN, ratio: 6 },
  { name: '20 secrets', chunk: PLAIN, secrets: 20, ratio: 60 },
  { name: '20 secrets, matchers', chunk: PLAIN, secrets: 20, matchers: true, ratio: 175 },
  { name: '`::` in every line', chunk: COLONS, ratio: 35 },
  { name: 'a command in every line', chunk: COMMANDS },
  { name: 'one line', chunk: LINE, secrets: 20, bytes: 100 * MEGABYTE, ratio: 60 },
  { name: 'one line, matchers', chunk: LINE, secrets: 20, matchers: true, bytes: 100 * MEGABYTE, ratio: 60 },
  { name: 'to the screen', chunk: PLAIN, screen: true },
];
const MATCHERS = [
  { owner: 'tsc', patterns: [{ regexp: '^([^\\s].*)\\((\\d+),(\\d+)\\):\\s+(error|warning)\\s+(TS\\d+)\\s*:\\s*(.*)$', file: 1, line: 2, column: 3, severity: 4, code: 5, message: 6 }] },
  { owner: 'stylish', patterns: [{ regexp: '^([^\\s].*)$', file: 1 }, { regexp: '^\\s+(\\d+):(\\d+)\\s+(error|warning)\\s+(.*)$', line: 1, column: 2, severity: 3, message: 4, loop: true }] },
];
const run = parseRunId('bench#1');
const step = stepAddress(parseJobId('bench'), 1);

async function measure(kind: Kind, bytes: number, folder: string): Promise<Measured> {
  const push = opened(kind, folder);
  await push(kind.chunk); // what is compiled and allocated once does not count
  const rss = process.memoryUsage.rss();
  const began = performance.now();
  for (let sent = 0; sent < bytes; sent += kind.chunk.length) {
    const done = push(kind.chunk);
    if (done !== undefined) await done;
  }
  await push(undefined);
  return { seconds: (performance.now() - began) / 1000, grewBy: Math.max(0, process.resourceUsage().maxRSS * 1024 - rss) };
}

function opened({ name, secrets = 0, matchers, screen }: Kind, folder: string): (chunk: Buffer | undefined) => void | Promise<unknown> {
  if (name === 'file') {
    const file = openSync(join(folder, 'file'), 'a');
    return (chunk) => void (chunk ? writeSync(file, chunk) : closeSync(file));
  }
  if (screen === true) {
    const printer = jobPrinter('build', 0, { color: true, fold: true, write: () => undefined });
    const lines = new LineBuffer();
    return (chunk) => printer.lines(step, chunk ? lines.push(chunk) : lines.end());
  }
  const masker = new Masker();
  for (let i = 0; i < secrets; i++) masker.add(`s3cret/${'value'.repeat(1 + (i % 8))}+${i}&"'`);
  const sink = fileLogStore(folder).open({ run, job: 'bench', step }, masker);
  const output = createStepOutput({ masker, matchers: new ProblemMatchers(matchers === true ? MATCHERS : []), sink, debug: false });
  return (chunk) => (chunk ? output.push(chunk) : output.end().then(() => sink.close()));
}

/** Microseconds to open the log of a short step, write its output and a line of ours, and close it. */
function shortSteps(folder: string): number {
  const store = fileLogStore(folder);
  const count = 5000;
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const log = store.open({ run, job: 'short', step: stepAddress(parseJobId('short'), i) });
    log.write(Buffer.from('hello\n'));
    log.line('done');
    log.close();
  }
  return ((performance.now() - began) * 1000) / count;
}

function inChild(kind: Kind, bytes: number): Measured {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), '--kind', kind.name, String(bytes)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Measured;
}

const args = process.argv.slice(2);
if (args[0] === '--kind') {
  const folder = mkdtempSync(join(tmpdir(), 'fleetwright-bench-'));
  try {
    process.stdout.write(JSON.stringify(await measure(KINDS.find(({ name }) => name === args[1])!, Number(args[2]), folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} else {
  const bytes = Number(args[0] ?? 200) * MEGABYTE;
  const size = (kind: Kind): number => (kind.bytes === undefined ? bytes : Math.min(kind.bytes, bytes));
  const measured = KINDS.map((): Measured[] => []);
  for (let i = 0; i < RUNS; i++) KINDS.forEach((kind, k) => measured[k]!.push(inChild(kind, size(kind))));
  const speed = (k: number): number => size(KINDS[k]!) / MEGABYTE / median(measured[k]!.map(({ seconds }) => seconds));
  const lines = ['| output | MB/s | times the file | memory | |', '| --- | --- | --- | --- | --- |'];
  let kept = true;
  KINDS.forEach((kind, k) => {
    const times = speed(0) / speed(k);
    const memory = median(measured[k]!.map(({ grewBy }) => grewBy));
    const ok = times <= (kind.ratio ?? Infinity) && memory <= MOST_MEMORY;
    kept &&= ok;
    lines.push(`| ${kind.name} | ${speed(k).toFixed(0)} | ${times.toFixed(1)}${kind.ratio === undefined ? '' : ` (at most ${kind.ratio})`} | ${(memory / MEGABYTE).toFixed(0)} MB | ${ok ? '' : 'too much'} |`);
  });
  const folder = mkdtempSync(join(tmpdir(), 'fleetwright-bench-'));
  lines.push('', `A short step's log: ${shortSteps(folder).toFixed(0)} µs`);
  rmSync(folder, { recursive: true, force: true });
  console.log(lines.join('\n'));
  process.exitCode = kept ? 0 : 1;
}
