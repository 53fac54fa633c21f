/** `fleetwright journal UNIT`: the journal of a unit, from the machine on which fleet has put it. */
import { CommandError } from '../../infra/errors.js';
import { machineOfUnit, unitWord } from '../cluster/find.js';
import { type ClusterFlags, withCluster } from '../cluster/open.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { LineBuffer } from '../log/lineBuffer.js';
import { cleanLine } from '../progress/text.js';
import type { Terminal } from '../terminal.js';
import { count } from '../values/count.js';

export interface JournalFlags extends ClusterFlags {
  readonly follow?: boolean;
  readonly lines?: string;
}

const LINES = 100;

/** Ctrl-C ends it. `--json` gives journald's own objects, one a line. @throws InvalidIdError, UsageError, as `withCluster` */
export async function journal(terminal: Terminal, word: string, flags: JournalFlags): Promise<ExitCode> {
  const unit = unitWord(word);
  const lines = count('--lines', flags.lines) ?? LINES;
  const argv = ['journalctl', `--unit=${unit}`, '--no-pager', `--lines=${lines}`, '--quiet', ...(flags.json ? ['--output=json'] : []), ...(flags.follow ? ['--follow'] : [])];
  return withCluster(flags, async (cluster) => {
    const server = await machineOfUnit(cluster, unit);
    terminal.note(`${unit} on ${server.name}`);
    const buffer = new LineBuffer();
    const say = (some: readonly string[]): void => terminal.out(...some.map((line) => (flags.json ? line : cleanLine(line, terminal.dataLook?.color ?? false, { tabs: true }))));
    const { exitCode, stderr } = await ended((signal) => cluster.at(server).then((machine) => machine.exec(argv, { onStdout: (chunk) => say(buffer.push(chunk)), signal })));
    say(buffer.end());
    if (exitCode === 0 || exitCode === null) return EXIT.ok;
    throw new CommandError(argv, exitCode, stderr);
  });
}

/** The work, until the person has seen enough. */
async function ended<T extends { readonly exitCode: number | null; readonly stderr: string }>(work: (signal: AbortSignal) => Promise<T>): Promise<{ readonly exitCode: number | null; readonly stderr: string }> {
  const enough = new AbortController();
  const stop = (): void => enough.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop);
  try {
    return await work(enough.signal);
  } catch (error) {
    if (enough.signal.aborted) return { exitCode: null, stderr: '' };
    throw error;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop);
  }
}
