/** `fleetwright completion SHELL`: prints a completion script. */
import type { Command } from 'commander';
import { completionScript, SHELLS } from '../completion.js';
import { UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';

/** @throws UsageError for a shell that we have no script for */
export async function completion(terminal: Terminal, name: string, program: Command): Promise<ExitCode> {
  const shell = SHELLS.find((known) => known === name);
  if (shell === undefined) throw new UsageError(`there is no completion for ${JSON.stringify(name.slice(0, 40))}: use ${SHELLS.join(', ')}`);
  terminal.out(completionScript(shell, program).trimEnd());
  return EXIT.ok;
}
