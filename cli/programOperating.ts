/** The commands by which a run goes on, or is begun again. */
import type { Command, Option } from 'commander';
import type { DecideFlags, GateFlags } from './commands/decide.js';
import type { UndoFlags } from './commands/undo.js';
import type { RerunFlags } from './commands/resume.js';
import type { AgainFlags } from './runs/again.js';
import { add, type Chosen, jsonFlag, onFailure, repeated, RUN, temporalFlags, waitTimeout } from './programParts.js';

export function addOperating(program: Command, chosen: Chosen): void {
  program.commandsGroup('Going on:');
  again(add(program, 'resume', 'go on with a run that failed, at the step that failed', ['resume deploy/demo#7', 'resume latest -s NPM_TOKEN', 'resume latest --file deploy.yml']))
    .action((run: string, flags: AgainFlags) => chosen(async (terminal) => (await import('./commands/resume.js')).resume(terminal, run, flags)));
  again(add(program, 'rerun', 'run a run that is over again: all of it, or a part', ['rerun deploy/demo#7', 'rerun latest --failed', 'rerun latest --job web', 'rerun latest --from web/verify --file deploy.yml'])
    .option('--failed', 'the jobs that failed, and those that need them')
    .option('--job <id>', 'this job, and those that need it')
    .option('--from <address>', 'from this step of a job on, and the jobs that need it: web/verify'))
    .action((run: string, flags: RerunFlags) => chosen(async (terminal) => (await import('./commands/resume.js')).rerun(terminal, run, flags)));
  parked(add(program, 'retry', 'run a parked step again, and go on', ['retry deploy/demo#7', 'retry latest --step web/verify']))
    .action((run: string, flags: DecideFlags) => chosen(async (terminal) => (await import('./commands/decide.js')).retry(terminal, run, flags)));
  parked(add(program, 'skip', 'go on without a parked step', ['skip deploy/demo#7', 'skip latest --step build/image --output tag=v7'])
    .addOption(repeated('--output <name=value>', 'what later steps see as an output of it; can be repeated')))
    .action((run: string, flags: DecideFlags) => chosen(async (terminal) => (await import('./commands/decide.js')).skip(terminal, run, flags)));
  for (const [verb, about] of [['approve', 'let the jobs that wait for an environment go on'], ['reject', 'fail the jobs that wait for an environment']] as const) {
    temporalFlags(add(program, verb, about, [`${verb} deploy/demo#7 --environment production --comment 'checked by hand'`])
      .argument('<run>', RUN)
      .option('--environment <name>', 'where jobs wait for more than one')
      .option('--comment <text>', 'why; it is recorded')
      .option('--as <name>', "who decides (git's user.name)")
      .option('-d, --detach', 'do not follow the run').addOption(jsonFlag()))
      .action((run: string, flags: GateFlags) => chosen(async (terminal) => (await import('./commands/decide.js')).gate(terminal, run, flags, verb)));
  }
  temporalFlags(add(program, 'undo', 'undo what a run made: of one that is parked, or over', ['undo deploy/demo#7', 'undo latest --to web/1'])
    .argument('<run>', RUN)
    .option('--to <address>', 'of a run that is over: down to this step, and with it (all)')
    .addOption(secret()).addOption(secretFile()).addOption(jsonFlag()))
    .action((run: string, flags: UndoFlags) => chosen(async (terminal) => (await import('./commands/undo.js')).undo(terminal, run, flags)));
}

const secret = (): Option => repeated('-s, --secret <name[=value]>', 'a secret that the run was given before: they go when a run is closed');
const secretFile = (): Option => repeated('--secret-file <file>', 'secrets, as lines NAME=VALUE');

function again(command: Command): Command {
  return temporalFlags(command
    .argument('<run>', RUN)
    .option('--file <file>', 'with this file as it is now; steps that are completed must be in it unchanged')
    .option('--force', 'although the file changes steps that are completed')
    .addOption(secret()).addOption(secretFile())
    .addOption(onFailure()).addOption(waitTimeout())
    .option('-d, --detach', 'start, and do not wait').addOption(jsonFlag()));
}

function parked(command: Command): Command {
  return temporalFlags(command
    .argument('<run>', RUN)
    .option('--step <address>', 'the step, where more than one is parked: web/verify')
    .option('-d, --detach', 'do not follow the run').addOption(jsonFlag()));
}
