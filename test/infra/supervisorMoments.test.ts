/**
 * A supervisor that is killed, or stopped for as long as one likes, at each moment between an order and its record. The program is the real one, with a halt put
 * into it at the place that is meant.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobFolder, type JobFolder } from '../../infra/script/folders.js';
import type { StepHost, StepProcess } from '../../infra/script/host.js';
import type { TryEnd } from '../../infra/script/journal.js';
import { openLocalHost } from '../../infra/script/localHost.js';
import { writeStep } from '../../infra/script/localJournal.js';
import { SpareFiles } from '../../infra/script/spareFiles.js';
import { stepFiles } from '../../infra/script/stepFiles.js';
import { SUPERVISE } from '../../infra/script/supervise.js';
import { waitFor } from '../../infra/wait.js';

const SOON = { timeoutMs: 20_000, intervalMs: 10 };
const NAME = 'a-1-1';
/** Halts at once, and says that it is there. In a subshell `$$` is the supervisor. */
const HALTS = { supervisor: 'echo $$ >../halted; kill -STOP $$', process: "sh -c 'echo $PPID >../../halted; kill -STOP $PPID'" } as const;

interface Moment {
  readonly what: string;
  /** A piece of the program, and what stands in its place, with HALT in it. */
  readonly at: readonly [string, string];
  readonly who: keyof typeof HALTS;
  /** How the step ends when who halts is killed there, and how often it ran. */
  readonly killed: readonly [TryEnd, number];
  /** The same when it is only slow, and is asked for again meanwhile. */
  readonly slow: readonly [TryEnd, number];
  /** What the supervisor has in hand is killed with it. @default only who halts */
  readonly both?: boolean;
}

const ENDED: TryEnd = { exitCode: 7 };
const MOMENTS: readonly Moment[] = [
  { what: 'when it has read the order, before the claim', at: ['esac\n', 'esac\n  HALT\n'], who: 'supervisor', killed: [ENDED, 1], slow: [ENDED, 1] },
  { what: 'when the claim is there and says nothing yet', at: ['! echo "$me" >"$name/claim"', '! { true >"$name/claim" && set +C && { HALT; echo "$me" >"$name/claim"; }; }'], who: 'supervisor', killed: ['cut short', 0], slow: ['cut short', 0] },
  { what: 'between the claim and the fork', at: ['  echo "$name claimed"\n', '  HALT\n  echo "$name claimed"\n'], who: 'supervisor', killed: ['cut short', 0], slow: [ENDED, 1] },
  { what: 'when it has forked, before the process is recorded', at: ['    own_line && echo', '    HALT\n    own_line && echo'], who: 'process', killed: ['cut short', 0], slow: [ENDED, 1] },
  { what: 'between the fork and the record of the process, the supervisor with it', at: ['    own_line && echo', '    kill -KILL $$; HALT\n    own_line && echo'], who: 'process', killed: ['cut short', 0], slow: ['cut short', 0] },
  { what: 'when the process is recorded, before it begins', at: ['    set -C\n', '    HALT\n    set -C\n'], who: 'process', killed: ['cut short', 0], slow: [ENDED, 1] },
  { what: 'when it has begun, before it says so', at: ['    echo "$own" >begun || exit', '    { true >begun && set +C && { HALT; echo "$own" >begun; }; } || exit'], who: 'process', killed: ['cut short', 0], slow: [ENDED, 1] },
  { what: 'when the process is recorded, the supervisor with it', at: ['    set -C\n', '    kill -KILL $$; HALT\n    set -C\n'], who: 'process', killed: ['cut short', 0], slow: ['cut short', 1] },
  { what: 'when the process has ended, before that is recorded', at: ['  code=$?\n', '  code=$?\n  HALT\n'], who: 'supervisor', killed: ['cut short', 1], slow: [ENDED, 1] },
  { what: 'in the middle of the record of the end', at: ['until echo "$code" >"$name/exit"', 'until { printf %s "$code" >"$name/exit"; HALT; echo "$code" >"$name/exit"; }'], who: 'supervisor', killed: ['cut short', 1], slow: [ENDED, 1] },
];

let base: string;
let job: JobFolder;
let host: StepHost;
let child: ChildProcess | undefined;

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'fleetwright-moments-'));
  job = jobFolder(base, 'job');
  host = await openLocalHost({ job });
});

afterEach(async () => {
  const [pid] = halted();
  if (pid !== undefined) signal(pid, 'SIGCONT');
  child?.stdin?.end();
  await host.end({ interruptMs: 0, terminateMs: 0, killMs: 5000 });
  host.close();
  rmSync(base, { recursive: true, force: true });
});

const step = (): StepProcess => ({ name: NAME, script: 'echo run >>ledger; exit 7\n', environment: {}, path: [], workingDirectory: job.workspace });
const ran = (): number => (existsSync(join(job.workspace, 'ledger')) ? readFileSync(join(job.workspace, 'ledger'), 'utf8').trim().split('\n').length : 0);
const halted = (): number[] => (existsSync(join(job.steps, '..', 'halted')) ? [Number(readFileSync(join(job.steps, '..', 'halted'), 'utf8'))] : []);
const state = (pid: number): string => /\) ([A-Za-z]) /.exec(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'latin1') : '')?.[1] ?? 'X';

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

/** A supervisor of another worker, which is given the step and halts. @returns the pid of what halts */
async function haltAt({ at: [piece, instead], who }: Moment): Promise<number> {
  expect(SUPERVISE.split(piece)).toHaveLength(2);
  writeStep(host.journal(NAME), stepFiles(step(), host.journal(NAME)), new SpareFiles());
  mkdirSync(job.workspace, { recursive: true });
  child = spawn('sh', ['-c', SUPERVISE.replace(piece, () => instead.replace('HALT', () => HALTS[who])), 'sh', job.steps, '0022', ''], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin!.write(`${NAME}\n`);
  const pid = await waitFor(() => halted()[0], SOON);
  await waitFor(() => (state(pid!) === 'T' ? true : undefined), SOON);
  return pid!;
}

/** What any worker does that is to run the step. */
async function runIt(): Promise<TryEnd> {
  await host.start(step());
  return host.follow(NAME, 0, () => undefined, new AbortController().signal);
}

/** Everything that could still run the step has had its chance. */
async function goOn(pid: number): Promise<void> {
  signal(pid, 'SIGCONT');
  child!.stdin!.end();
  if (child!.exitCode === null && child!.signalCode === null) await new Promise((resolve) => child!.once('exit', resolve));
  await waitFor(() => (['X', 'Z'].includes(state(pid)) ? true : undefined), SOON);
}

describe.each(MOMENTS)('$what', (moment) => {
  it('it is killed: the step ends as its journal can tell, and is not started again', async () => {
    const pid = await haltAt(moment);
    signal(pid, 'SIGKILL');
    await waitFor(() => (['X', 'Z'].includes(state(pid)) ? true : undefined), SOON);
    expect([await runIt(), ran()]).toEqual(moment.killed);
    await goOn(pid);
    expect([await runIt(), ran()]).toEqual(moment.killed);
  });

  it('it is slow: the step is run once or never, also when it is called cut short meanwhile', async () => {
    const pid = await haltAt(moment);
    const running = runIt();
    // A step that is called cut short is so before who halts can go on; of the others nothing is known while it halts.
    const early = moment.slow[0] === 'cut short' && moment.slow[1] === 0;
    if (early || moment.what.includes('before the claim')) expect(await running).toEqual(moment.slow[0]);
    await goOn(pid);
    expect([await running, ran()]).toEqual(moment.slow);
    expect([await runIt(), ran()]).toEqual(moment.slow);
  });
});
