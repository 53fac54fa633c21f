/** The entry of the CLI: parses the command line, runs the command, exits with its code. Nothing heavy is imported here. */
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { packagePath } from '../infra/paths.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { buildProgram, isHelp } from './program.js';
import type { Action } from './programParts.js';
import { terminalOf } from './terminal.js';

process.exitCode = await main(process.argv);
await drained(process.stdout);
await drained(process.stderr);
process.exit(); // sockets of clients that were given up must not keep it

async function main(argv: readonly string[]): Promise<ExitCode | number> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', quietWhenClosed);
  const chosen: { action?: Action } = {};
  try {
    await buildProgram(version(), (action) => { chosen.action = action; }).parseAsync(argv as string[]);
    return await (chosen.action?.(terminalOf()) ?? EXIT.usage);
  } catch (error) {
    if (error instanceof CommanderError) return isHelp(error) ? EXIT.ok : EXIT.usage;
    const { tell } = await import('./errors.js');
    const { exitCode, message } = tell(error, process.env['FLEETWRIGHT_DEBUG'] === '1');
    process.stderr.write(`${exitCode === EXIT.invalid ? '' : 'fleetwright: '}${message}\n`); // a diagnostic starts with its place
    return exitCode;
  }
}

function version(): string {
  return (JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string }).version;
}

/** `fleetwright status | head -1` is no error: the reader has what it wanted. */
function quietWhenClosed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.ok);
  throw error;
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => { stream.write('', () => resolve()); });
}
