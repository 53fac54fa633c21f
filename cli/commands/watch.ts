/** `fleetwright watch [RUN]`: follows a run to its end. Worker and server are started where they do not run: without them it stands still. */
import type { ExitCode } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { conclude } from '../runs/conclude.js';
import { findRun } from '../runs/list.js';
import { leaseWarnings } from '../schedule/leases.js';
import { listTeardowns } from '../schedule/teardowns.js';
import { openSession } from '../session.js';
import type { Terminal } from '../terminal.js';

/** @throws UsageError when there is no such run, TemporalUnreachableError, PermanentError */
export async function watch(terminal: Terminal, word: string | undefined, flags: CommonFlags): Promise<ExitCode> {
  const session = await openSession(flags, terminal, 'worker');
  try {
    const id = await findRun(session.client, word);
    terminal.note(...leaseWarnings(await listTeardowns(session.client), Date.now()).filter((line) => line.startsWith(`${/\/([^#]+)#/.exec(id)?.[1] ?? ''} `)));
    return await conclude(session, terminal, id, { json: flags.json, mayCancel: false });
  } finally {
    await session.close();
  }
}
