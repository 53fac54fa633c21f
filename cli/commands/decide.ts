/** `fleetwright retry | skip RUN`: what becomes of a step that failed and is parked; then the run is followed. */
import type { ExitCode } from '../exit-codes.js';
import { EXIT } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { conclude } from '../runs/conclude.js';
import { decide } from '../runs/decide.js';
import { findRun } from '../runs/list.js';
import { openSession } from '../session.js';
import type { Terminal } from '../terminal.js';
import { readAssignments } from '../values/assignments.js';

export interface DecideFlags extends CommonFlags {
  readonly step?: string;
  readonly detach?: boolean;
  /** Of `skip`. */
  readonly output?: readonly string[];
}

/** @throws UsageError when there is no such run, RefusedError when the run refuses, TemporalUnreachableError */
export async function retry(terminal: Terminal, word: string, flags: DecideFlags): Promise<ExitCode> {
  return go(terminal, word, flags, 'retry', choiceOf(flags));
}

/** As `retry`. @throws UsageError for an output without a value, too */
export async function skip(terminal: Terminal, word: string, flags: DecideFlags): Promise<ExitCode> {
  const outputs = await readAssignments({ flag: '--output', fileFlag: '--output', given: flags.output, files: undefined });
  return go(terminal, word, flags, 'skip', { ...choiceOf(flags), outputs });
}

export interface GateFlags extends DecideFlags {
  readonly environment?: string;
  readonly comment?: string;
  readonly as?: string;
}

/** As `retry`, for the jobs that wait for an environment. */
export async function gate(terminal: Terminal, word: string, flags: GateFlags, update: 'approve' | 'reject'): Promise<ExitCode> {
  const by = flags.as ?? await userName();
  const { environment, comment } = flags;
  return go(terminal, word, flags, update, { by, ...(environment === undefined ? {} : { environment }), ...(comment === undefined ? {} : { comment }) });
}

/** As `github.actor` is: git's user.name, or the login name. */
async function userName(): Promise<string> {
  const { gatherFacts } = await import('../../infra/git/facts.js');
  return String((await gatherFacts({ file: `${process.cwd()}/x` })).github['actor']);
}

const SAID = { retry: 'run again', skip: 'skipped', approve: 'approved', reject: 'rejected' } as const;

function choiceOf({ step }: DecideFlags): { readonly step?: string } {
  return step === undefined ? {} : { step };
}

async function go(terminal: Terminal, word: string, flags: DecideFlags, update: keyof typeof SAID, choice: object): Promise<ExitCode> {
  const session = await openSession(flags, terminal, 'worker');
  try {
    const id = await findRun(session.client, word);
    const { steps } = await decide(session.client, id, update, choice);
    terminal.note(`${steps.join(', ')} of ${id} is ${SAID[update]}`);
    if (!flags.detach) return await conclude(session, terminal, id, { json: flags.json });
    terminal.out(flags.json ? JSON.stringify({ run: id, steps }, undefined, 2) : id);
    return EXIT.ok;
  } finally {
    await session.close();
  }
}
