/** The commands that do things by the clock. */
import { type Command, Option } from 'commander';
import type { LeaseFlags } from './commands/lease.js';
import type { ScheduleFlags } from './commands/schedule.js';
import { add, type Chosen, inputFlag, jsonFlag, temporalFlags } from './programParts.js';

const OVERLAPS = ['skip', 'buffer-one', 'cancel-other', 'allow-all'];

export function addClock(program: Command, chosen: Chosen): void {
  program.commandsGroup('By the clock:');
  const schedule = add(program, 'schedule', 'run a workflow file by the clock', ["schedule create nightly.yml --cron '0 2 * * *' --timezone Europe/London -i web=3", 'schedule list', 'schedule sync .github/workflows/*.yml']);
  const command = (usage: string, about: string, example: string): Command => temporalFlags(add(schedule, usage, about, [`schedule ${example}`]).addOption(jsonFlag()));
  const overlap = (): Option => new Option('--overlap <policy>', 'when it fires while the run before is open (skip)').choices(OVERLAPS);
  command('create', 'add a schedule', "create nightly.yml --cron '0 2 * * *'").argument('<file>', 'the workflow file, on the host of the worker')
    .option('--cron <fields>', 'when: five cron fields').option('--timezone <name>', "of --cron (the host's)").addOption(inputFlag())
    .option('--name <name>', "the schedule's name (the file's, and the cluster's)").addOption(overlap())
    .action((file: string, flags: ScheduleFlags) => chosen(async (terminal) => (await import('./commands/schedule.js')).create(terminal, file, flags)));
  command('sync', "set the schedules that files have in `on.schedule`", 'sync .github/workflows/*.yml').argument('<file...>', 'workflow files').addOption(overlap())
    .action((files: string[], flags: ScheduleFlags) => chosen(async (terminal) => (await import('./commands/schedule.js')).sync(terminal, files, flags)));
  command('list', 'list the schedules', 'list --json')
    .action((flags: ScheduleFlags) => chosen(async (terminal) => (await import('./commands/schedule.js')).list(terminal, flags)));
  for (const [verb, about] of [['pause', 'let it not fire'], ['unpause', 'let it fire again'], ['trigger', 'let it fire now'], ['delete', 'remove it']] as const) {
    command(verb, about, `${verb} nightly-local`).argument('<name>', 'its name, as `schedule list` has it')
      .action((name: string, flags: ScheduleFlags) => chosen(async (terminal) => (await import('./commands/schedule.js')).act(terminal, name, verb, flags)));
  }
  temporalFlags(add(program, 'lease', 'when a cluster is torn down by the clock', ['lease', 'lease --cluster blue --json'])
    .option('--cluster <name>', "the cluster's name (demo)").addOption(jsonFlag()))
    .action((flags: LeaseFlags) => chosen(async (terminal) => (await import('./commands/lease.js')).lease(terminal, flags)));
  temporalFlags(add(program, 'extend', "put the end of a cluster's lease off", ['extend 2h', 'extend 1h30m --cluster blue'])
    .argument('<time>', 'by how much: 2h, 90m, 1d').option('--cluster <name>', "the cluster's name (demo)").addOption(jsonFlag()))
    .action((by: string, flags: LeaseFlags) => chosen(async (terminal) => (await import('./commands/lease.js')).extend(terminal, by, flags)));
}
