/** A large log and a long line, through the whole product. FLEETWRIGHT_LOG_MEGABYTES=1000 for the long form. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daemonStatus } from '../../infra/daemon.js';
import { fileLogStore } from '../../infra/log/fileStore.js';
import { packagePath } from '../../infra/paths.js';
import { WORKER_DAEMON } from '../../infra/temporal/worker.js';
import type { RunId, StepAddress } from '../../language/ids.js';
import { ownProduct, type OwnProduct } from './ownProduct.js';

const MEGABYTE = 1_000_000;
const MEGABYTES = Number(process.env['FLEETWRIGHT_LOG_MEGABYTES'] ?? 200);
const LONG_LINE = 100 * MEGABYTE;
const MOST_MEMORY = 150 * MEGABYTE;
const MOST_HISTORY = 64 * 1024;
const MOST_MS = Math.max(10 * 60_000, MEGABYTES * 3_000);

/** 100 bytes with its line break. */
const LINE = '2026-01-01 12:00:00 INFO worker-7 handled a request of /api/v1/things for somebody in 97 ms, of many'.slice(0, 99);
const LINES = (MEGABYTES * MEGABYTE) / 100;

const folder = mkdtempSync(join(tmpdir(), 'fleetwright-large-'));
let fleetwright: OwnProduct;

beforeAll(async () => {
  writeFileSync(join(folder, 'small.yml'), workflow('echo small', 'echo small'));
  writeFileSync(join(folder, 'large.yml'), workflow(`yes "${LINE}" | head -c ${MEGABYTES * MEGABYTE}`, `head -c ${LONG_LINE} /dev/zero | tr '\\0' z; echo; echo after it`));
  fleetwright = await ownProduct(folder);
});
afterAll(async () => {
  await fleetwright.stop();
  rmSync(folder, { recursive: true, force: true });
});

function workflow(first: string, second: string): string {
  return ['on: push', 'jobs:', '  log:', '    runs-on: ubuntu-latest', '    steps:', `      - run: ${JSON.stringify(first)}`, `      - run: ${JSON.stringify(second)}`, ''].join('\n');
}

describe('a large log, and a line of a hundred megabytes', () => {
  it('pass through a worker that keeps little of them, into the log store and onto the screen, and not into the history', async () => {
    expect(await show('small.yml')).toBe(0);
    const worker = daemonStatus(WORKER_DAEMON)!.pid;
    const before = memory(worker, 'VmRSS');
    writeFileSync(`/proc/${worker}/clear_refs`, '5'); // its peak is counted from here
    expect(await show('large.yml')).toBe(0);
    const grewBy = memory(worker, 'VmHWM') - before;
    const [small, large] = [await historyBytes('small/local#1'), await historyBytes('large/local#1')];
    expect(stored('log/1')).toEqual(hashOf(LINES, `${LINE}\n`));
    expect(stored('log/2')).toEqual({ bytes: LONG_LINE + 'after it\n'.length + 1, ...hashAlone(longLine()) });
    expect(await shown()).toEqual({ lines: LINES, z: LONG_LINE, after: 1 });
    console.log(`${MEGABYTES} MB and a line of 100 MB: the worker grew by ${Math.round(grewBy / MEGABYTE)} MB, the history by ${large - small} bytes`);
    expect(grewBy).toBeLessThanOrEqual(MOST_MEMORY);
    expect(large - small).toBeLessThanOrEqual(MOST_HISTORY);
  }, MOST_MS);
});

/** Runs a file as a person does who keeps the output. @returns its exit code */
function show(file: string): Promise<number | null> {
  const screen = openSync(join(folder, 'screen'), 'w');
  const child: ChildProcess = spawn(process.execPath, [packagePath('bin', 'fleetwright.js'), 'run', file], { cwd: folder, stdio: ['ignore', screen, 'ignore'], env: { ...process.env, NO_COLOR: '1' } });
  return new Promise((resolve) => child.on('close', (code) => {
    closeSync(screen);
    resolve(code);
  }));
}

/** Bytes. */
function memory(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** Of the run and its job. */
async function historyBytes(run: string): Promise<number> {
  const client = await fleetwright.commands.client();
  const sizes = await Promise.all([run, `${run}/log`].map((id) => client.workflow.getHandle(id).describe()));
  await client.connection.close();
  return sizes.reduce((sum, { raw }) => sum + Number(raw.workflowExecutionInfo!.historySizeBytes), 0);
}

interface Stored { readonly bytes: number; readonly sha: string }

function stored(step: string): Stored {
  const store = fileLogStore();
  const hash = createHash('sha256');
  let bytes = 0;
  for (let piece = store.read({ run: 'large/local#1' as RunId, job: 'log', step: step as StepAddress }, 0, MEGABYTE); piece && piece.length > 0;) {
    hash.update(piece);
    bytes += piece.length;
    piece = store.read({ run: 'large/local#1' as RunId, job: 'log', step: step as StepAddress }, bytes, MEGABYTE);
  }
  return { bytes, sha: hash.digest('hex') };
}

function hashOf(times: number, text: string): Stored {
  const hash = createHash('sha256');
  const piece = Buffer.from(text.repeat(1000));
  for (let i = 0; i < times; i += 1000) hash.update(piece);
  return { bytes: times * text.length, sha: hash.digest('hex') };
}

function hashAlone(pieces: Iterable<Buffer>): Pick<Stored, 'sha'> {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return { sha: hash.digest('hex') };
}

function* longLine(): Iterable<Buffer> {
  for (let i = 0; i < LONG_LINE; i += MEGABYTE) yield Buffer.alloc(MEGABYTE, 'z');
  yield Buffer.from('\nafter it\n');
}

/** What is on the screen of it: lines of the large log, characters of the long line (in pieces), lines after it. */
async function shown(): Promise<{ readonly lines: number; readonly z: number; readonly after: number }> {
  let [lines, z, after] = [0, 0, 0];
  expect(statSync(join(folder, 'screen')).size).toBeGreaterThan(MEGABYTES * MEGABYTE);
  for await (const line of createInterface({ input: createReadStream(join(folder, 'screen')) })) {
    if (line === `log | ${LINE}`) lines += 1;
    else if (/^log \| z+$/.test(line)) z += line.length - 'log | '.length;
    else if (line === 'log | after it') after += 1;
  }
  return { lines, z, after };
}
