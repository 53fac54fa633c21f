/** `fleetwright undo RUN`: undoes what a run made: of one that is parked by giving it up, of one that is over by its undos. */
import type { ExitCode } from '../exit-codes.js';
import { EXIT } from '../exit-codes.js';
import { UsageError } from '../errors.js';
import type { CommonFlags } from '../flags.js';
import { earlierAttempt, startAgain } from '../runs/again.js';
import { conclude } from '../runs/conclude.js';
import { decide } from '../runs/decide.js';
import { refuseWhileHeld } from '../runs/hold.js';
import { findRun } from '../runs/list.js';
import { describeRun } from '../runs/read.js';
import { openSession, type Session } from '../session.js';
import type { Terminal } from '../terminal.js';
import { type SecretFlags, secretsAgain } from '../values/secrets.js';
import { workerIsElsewhere } from '../worker.js';

export interface UndoFlags extends CommonFlags, SecretFlags {
  /** The step that is undone last. @default the first that can be */
  readonly to?: string;
}

/** @throws UsageError when there is no such run or step, RefusedError when it is open and not parked, or nothing of it can be undone; TemporalUnreachableError */
export async function undo(terminal: Terminal, word: string, flags: UndoFlags): Promise<ExitCode> {
  const session = await openSession(flags, terminal, 'worker');
  try {
    const id = await findRun(session.client, word);
    const description = await describeRun(session.client, id);
    if (description.status.name === 'RUNNING') await giveUp(session, id, flags);
    else await undoClosed(session, terminal, description, flags);
    terminal.note(flags.to === undefined ? `what ${id} made is undone` : `what ${id} made is undone, down to ${flags.to}`);
    return await conclude(session, terminal, id, {
      json: flags.json, mayCancel: false,
      exitCode: ({ status }, usual) => (status === 'COMPLETED' && usual !== EXIT.left ? EXIT.undone : usual), // a part that is undone is what was asked for
    });
  } finally {
    await session.close();
  }
}

async function giveUp(session: Session, id: string, { to }: UndoFlags): Promise<void> {
  if (to !== undefined) throw new UsageError(`--to is for a run that is over: ${id} is open, and undone as a whole when it is given up`);
  await decide(session.client, id, 'undo');
}

/** Its secrets are wanted again, since what the undos print is masked with them. */
async function undoClosed(session: Session, terminal: Terminal, description: Awaited<ReturnType<typeof describeRun>>, flags: UndoFlags): Promise<void> {
  const { to } = flags;
  const restart = { kind: 'undo', ...(to === undefined ? {} : { to }) } as const;
  const earlier = await earlierAttempt(session.client, description, restart);
  const { cluster } = earlier.plan.inputs;
  if (cluster !== undefined) await refuseWhileHeld(session, String(cluster));
  const secrets = workerIsElsewhere() ? undefined : await secretsAgain(earlier.record.run, flags, terminal);
  await startAgain(session.client, earlier, restart, secrets);
}
