/** `fleetwright cancel RUN`: cancels a run, and shows how what it made is undone. */
import { RefusedError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { conclude } from '../runs/conclude.js';
import { findRun } from '../runs/list.js';
import { describeRun } from '../runs/read.js';
import { openSession } from '../session.js';
import type { Terminal } from '../terminal.js';

/** @throws UsageError when there is no such run, RefusedError when it is closed, TemporalUnreachableError */
export async function cancel(terminal: Terminal, word: string, flags: CommonFlags): Promise<ExitCode> {
  const session = await openSession(flags, terminal, 'worker');
  try {
    const id = await findRun(session.client, word);
    const { status } = await describeRun(session.client, id);
    if (status.name !== 'RUNNING') throw new RefusedError(`${id} is over (${status.name.toLowerCase()}): there is nothing to cancel`);
    await session.client.workflow.getHandle(id).cancel();
    terminal.note(`${id} is asked to stop; what it made is undone`);
    return await conclude(session, terminal, id, {
      json: flags.json, mayCancel: false,
      exitCode: (_, usual) => (usual === EXIT.cancelled ? EXIT.ok : usual), // cancelled is what was asked for
    });
  } finally {
    await session.close();
  }
}
