/** `fleetwright resume RUN`, `fleetwright rerun RUN`: the next attempt of a run that is over, from its plan and its progress record. */
import type { RunId } from '../../language/ids.js';
import type { Restart } from '../../language/restart.js';
import { UsageError } from '../errors.js';
import type { ExitCode } from '../exit-codes.js';
import { preflight } from '../preflight.js';
import { type AgainFlags, earlierAttempt, planOf, startAgain } from '../runs/again.js';
import { conclude, noteStarted, tellDetached } from '../runs/conclude.js';
import { refuseWhileHeld } from '../runs/hold.js';
import { findRun } from '../runs/list.js';
import { describeRun } from '../runs/read.js';
import { openSession } from '../session.js';
import { secretsAgain } from '../values/secrets.js';
import { workerIsElsewhere } from '../worker.js';
import type { Terminal } from '../terminal.js';
import { checkWaits, failureOptions } from '../values/failure.js';

export interface RerunFlags extends AgainFlags {
  readonly failed?: boolean;
  readonly job?: string;
  readonly from?: string;
}

/** @throws UsageError when there is no such run, RefusedError when it cannot go on, InvalidFileError, TemporalUnreachableError */
export async function resume(terminal: Terminal, word: string, flags: AgainFlags): Promise<ExitCode> {
  return goOn(terminal, word, flags, { kind: 'failed-step' });
}

/** As `resume`. @throws UsageError for flags that exclude each other, too */
export async function rerun(terminal: Terminal, word: string, flags: RerunFlags): Promise<ExitCode> {
  return goOn(terminal, word, flags, restartOf(flags));
}

export function restartOf({ failed, job, from }: RerunFlags): Restart {
  const given = [failed ? '--failed' : '', job === undefined ? '' : '--job', from === undefined ? '' : '--from'].filter((flag) => flag !== '');
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} exclude each other: give one of them`);
  if (failed) return { kind: 'failed-jobs' };
  if (job !== undefined) return { kind: 'job', job };
  return from === undefined ? { kind: 'all' } : { kind: 'step', step: from };
}

async function goOn(terminal: Terminal, word: string, flags: AgainFlags, restart: Restart): Promise<ExitCode> {
  failureOptions(flags);
  const session = await openSession(flags, terminal, 'worker');
  try {
    const id = await findRun(session.client, word);
    const earlier = await earlierAttempt(session.client, await describeRun(session.client, id), restart);
    const plan = await planOf(earlier, flags, restart);
    checkWaits(plan, flags);
    const { cluster } = plan.inputs;
    await preflight(session.settings, terminal, plan.inputs);
    if (cluster !== undefined) await refuseWhileHeld(session, String(cluster));
    const secrets = workerIsElsewhere() ? undefined : await secretsAgain(id as RunId, flags, terminal);
    await startAgain(session.client, { ...earlier, plan }, restart, secrets);
    if (flags.detach) return tellDetached(session, terminal, id, flags.json);
    noteStarted(session, terminal, id);
    return await conclude(session, terminal, id, { json: flags.json });
  } finally {
    await session.close();
  }
}
