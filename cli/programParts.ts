/** What the parts of the command line are put together from. */
import { type Command, Option } from 'commander';
import type { ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** Runs what a command line asked for; gives the exit code: one of ours, or that of a command on a machine. */
export type Action = (terminal: Terminal) => Promise<ExitCode | number>;
/** Takes the action of the command that was parsed. */
export type Chosen = (action: Action) => void;

/** What a command says of its argument `<run>`. */
export const RUN = "a run: deploy/demo#7, a unique end of that (demo#7, '#7', 7), or latest";

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
export const onFailure = (): Option => new Option('--on-failure <what>', 'when a step has failed for good: undo all that the run made, keep it to resume, or wait at the step for a decision').choices(['undo', 'keep', 'wait']);
export const waitTimeout = (): Option => new Option('--wait-timeout <time>', 'how long --on-failure wait waits: 30m, 8h, 2d (24h); then all is undone');
export const repeated = (flags: string, about: string): Option => new Option(flags, about).argParser(collect);
export const inputFlag = (): Option => new Option('-i, --input <name=value>', "an input of the file; can be repeated").argParser(collect);
export const jsonFlag = (): Option => new Option('--json', 'the result as JSON on stdout');

/** Adds a command whose help has these examples. */
export function add(program: Command, usage: string, description: string, examples: readonly string[]): Command {
  const command = program.command(usage).description(description);
  command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  fleetwright ${line}`).join('\n')}`);
  return command;
}

/** Adds the flags that say where Temporal is. */
export function temporalFlags(command: Command): Command {
  return command.optionsGroup('Temporal:')
    .option('--address <host:port>', 'a Temporal server that is there (TEMPORAL_ADDRESS); without it one is started on this host')
    .option('--namespace <name>', 'its namespace (TEMPORAL_NAMESPACE)')
    .option('--temporal-port <port>', 'port of our own server (FLEETWRIGHT_TEMPORAL_PORT, 7233)')
    .option('--ui-port <port>', "port of our own server's UI (FLEETWRIGHT_UI_PORT, 8233)")
    .optionsGroup('Options:');
}
