/** `fleetwright undo RUN`: gives up what is parked, so that all that the run made is undone. */
import type { ExitCode } from '../exit-codes.js';
import { EXIT } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { conclude } from '../runs/conclude.js';
import { decide } from '../runs/decide.js';
import { findRun } from '../runs/list.js';
import { openSession } from '../session.js';
import type { Terminal } from '../terminal.js';

/** @throws UsageError when there is no such run, RefusedError when nothing of it is parked, TemporalUnreachableError */
export async function undo(terminal: Terminal, word: string, flags: CommonFlags): Promise<ExitCode> {
  const session = await openSession(flags, terminal, 'worker');
  try {
    const id = await findRun(session.client, word);
    await decide(session.client, id, 'undo');
    terminal.note(`${id} is given up; what it made is undone`);
    return await conclude(session, terminal, id, {
      json: flags.json, mayCancel: false,
      exitCode: (_, usual) => (usual === EXIT.undone ? EXIT.ok : usual), // undone is what was asked for
    });
  } finally {
    await session.close();
  }
}
