/**
 * What a step costs on the worker's own host, without Temporal: `true` as a script under bash, with its journal and its environment files, one step
 * after the other; and the same with each record synced to the disk. Interleaved, since a busy machine slows both.
 *
 * `tsx bench/stepHost.ts [STEPS]`, 100 unless told.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT_FILES } from '../infra/script/environment.js';
import { jobFolder } from '../infra/script/folders.js';
import type { StepHost } from '../infra/script/host.js';
import { openLocalHost } from '../infra/script/localHost.js';
import { shellArgv } from '../infra/script/shell.js';

const FILES = Object.keys(ENVIRONMENT_FILES) as (keyof typeof ENVIRONMENT_FILES)[];
const LIMIT_BYTES = 1024 * 1024;
const never = new AbortController().signal;

async function main(): Promise<void> {
  const steps = Number(process.argv[2] ?? 100);
  const base = mkdtempSync(join(tmpdir(), 'fleetwright-bench-'));
  const host = await openLocalHost({ job: jobFolder(base, 'job') });
  const ms: Record<'as it is' | 'synced', number[]> = { 'as it is': [], synced: [] };
  try {
    await step(host, 'first-1-1');
    for (let at = 0; at < steps; at++) {
      ms['as it is'].push(await timed(() => step(host, `plain${at}-1-1`)));
      ms.synced.push(await timed(async () => {
        await step(host, `synced${at}-1-1`);
        sync(host.journal(`synced${at}-1-1`));
      }));
    }
  } finally {
    await host.end({ interruptMs: 100, terminateMs: 100, killMs: 1000 });
    rmSync(base, { recursive: true, force: true });
  }
  for (const [name, all] of Object.entries(ms)) console.log(`${name.padEnd(10)} ${quantile(all, 0.1)} ms (p10)  ${quantile(all, 0.5)} ms (median)  ${quantile(all, 0.9)} ms (p90)  of ${steps} steps`);
}

async function step(host: StepHost, name: string): Promise<void> {
  const environment = { CI: 'true', ...Object.fromEntries(FILES.map((file) => [`GITHUB_${file.toUpperCase()}`, join(host.journal(name), file)])) };
  const argv = shellArgv('bash', join(host.journal(name), 'script'));
  await host.start({ name, script: 'true\n', argv, environment, path: [], workingDirectory: host.job.workspace });
  const end = await host.follow(name, 0, () => undefined, never);
  if (end === 'cut short' || end.exitCode !== 0) throw new Error(`${name} ended with ${JSON.stringify(end)}`);
  for (const file of FILES) await host.read(name, file, LIMIT_BYTES);
}

/** What must be there after the power fails. */
function sync(journal: string): void {
  for (const record of ['claim', 'pid', 'log', 'exit', ...FILES]) {
    const file = openSync(join(journal, record), 'r');
    fdatasyncSync(file);
    closeSync(file);
  }
}

async function timed(act: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

function quantile(all: readonly number[], part: number): string {
  return all.toSorted((a, b) => a - b)[Math.floor(part * (all.length - 1))]!.toFixed(2);
}

await main();
