/** `fleetwright view RUN`: one look at a run: its jobs and steps, what they annotated and summed up. */
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { saidBy, seeRun } from '../runs/whole.js';
import { openSession } from '../session.js';
import type { Terminal } from '../terminal.js';
import { viewLines } from '../view.js';

/** @throws UsageError when there is no such run, TemporalUnreachableError, PermanentError */
export async function view(terminal: Terminal, word: string | undefined, flags: CommonFlags): Promise<ExitCode> {
  const session = await openSession(flags, terminal, 'nothing');
  try {
    const { id, record, description } = await seeRun(session.client, word);
    const said = saidBy(id);
    const url = session.url(id);
    if (flags.json) {
      terminal.out(JSON.stringify({ ...record, temporalStatus: description.status.name, url: url ?? null, ...said }, undefined, 2));
      return EXIT.ok;
    }
    const look = { now: Date.now(), width: terminal.dataLook?.live ? terminal.size().width - 1 : 100, color: terminal.dataLook?.color ?? false };
    terminal.out(...viewLines(record, said, look));
    if (url !== undefined) terminal.note('', `Temporal UI: ${url}`);
    return EXIT.ok;
  } finally {
    await session.close();
  }
}
