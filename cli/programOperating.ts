/** The commands by which a run that is open is decided about. */
import type { Command } from 'commander';
import type { DecideFlags } from './commands/decide.js';
import type { CommonFlags } from './flags.js';
import { add, type Chosen, jsonFlag, repeated, RUN, temporalFlags } from './programParts.js';

export function addOperating(program: Command, chosen: Chosen): void {
  program.commandsGroup('Going on:');
  parked(add(program, 'retry', 'run a parked step again, and go on', ['retry deploy/demo#7', 'retry latest --step web/verify']))
    .action((run: string, flags: DecideFlags) => chosen(async (terminal) => (await import('./commands/decide.js')).retry(terminal, run, flags)));
  parked(add(program, 'skip', 'go on without a parked step', ['skip deploy/demo#7', 'skip latest --step build/image --output tag=v7'])
    .addOption(repeated('--output <name=value>', 'what later steps see as an output of it; can be repeated')))
    .action((run: string, flags: DecideFlags) => chosen(async (terminal) => (await import('./commands/decide.js')).skip(terminal, run, flags)));
  temporalFlags(add(program, 'undo', 'give a parked run up, and undo what it made', ['undo deploy/demo#7'])
    .argument('<run>', RUN).addOption(jsonFlag()))
    .action((run: string, flags: CommonFlags) => chosen(async (terminal) => (await import('./commands/undo.js')).undo(terminal, run, flags)));
}

function parked(command: Command): Command {
  return temporalFlags(command
    .argument('<run>', RUN)
    .option('--step <address>', 'the step, where more than one is parked: web/verify')
    .option('-d, --detach', 'do not follow the run').addOption(jsonFlag()));
}
