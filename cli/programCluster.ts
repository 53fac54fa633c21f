/** The commands that look into a cluster. */
import { Argument, type Command } from 'commander';
import type { ClusterFlags } from './cluster/open.js';
import type { EtcdFlags } from './commands/etcd.js';
import type { JournalFlags } from './commands/journal.js';
import { add, type Chosen, inputFlag, jsonFlag } from './programParts.js';

export function addClusterSights(program: Command, chosen: Chosen): void {
  program.commandsGroup('Seeing a cluster:');
  clusterFlags(add(program, 'machines', "list the cluster's machines, as fleetctl does", ['machines', 'machines --cluster blue --json'])).addOption(jsonFlag())
    .action((flags: ClusterFlags) => chosen(async (terminal) => (await import('./commands/machines.js')).machines(terminal, flags)));
  clusterFlags(add(program, 'units', 'list the units and where they run, as fleetctl does', ['units', 'units --cluster blue --json'])).addOption(jsonFlag())
    .action((flags: ClusterFlags) => chosen(async (terminal) => (await import('./commands/machines.js')).units(terminal, flags)));
  clusterFlags(add(program, 'unit-files', 'list the unit files that fleet holds, as fleetctl does', ['unit-files', 'unit-files --json'])).addOption(jsonFlag())
    .action((flags: ClusterFlags) => chosen(async (terminal) => (await import('./commands/machines.js')).unitFiles(terminal, flags)));
  clusterFlags(add(program, 'endpoints', 'list the web servers that etcd holds, and what their pages say now', ['endpoints', 'endpoints --cluster blue --json'])).addOption(jsonFlag())
    .action((flags: ClusterFlags) => chosen(async (terminal) => (await import('./commands/endpoints.js')).endpoints(terminal, flags)));
  clusterFlags(add(program, 'journal', "print a unit's journal, from its machine", ['journal dbhelper', 'journal web@03.service -n 20', 'journal db -f'])
    .argument('<unit>', 'db.service, or db; web@03.service'))
    .option('-f, --follow', 'go on until Ctrl-C').option('-n, --lines <n>', 'how many of the last lines (100)').addOption(jsonFlag())
    .action((unit: string, flags: JournalFlags) => chosen(async (terminal) => (await import('./commands/journal.js')).journal(terminal, unit, flags)));
  clusterFlags(add(program, 'ssh', 'open a shell on a machine, or run a command there', ['ssh core01', 'ssh core01 -- fleetctl list-machines', "ssh core02 --cluster blue -- sh -c 'df -h | tail -1'"])
    .argument('<machine>', "a machine's name: core01").argument('[command...]', 'the command and its words, after --'))
    .action((machine: string, command: string[], flags: ClusterFlags) => chosen(async (terminal) => (await import('./commands/ssh.js')).ssh(terminal, machine, command, flags)));
  clusterFlags(add(program, 'etcd', "read the cluster's etcd", ['etcd get /services/web/01', 'etcd ls /services', 'etcd ls --recursive --json'])
    .addArgument(new Argument('<action>', 'get: a value; ls: the keys of a directory').choices(['get', 'ls'])).argument('[key]', 'the key, or the directory (/)'))
    .option('-r, --recursive', 'of ls: all below it').addOption(jsonFlag())
    .action((action: 'get' | 'ls', key: string | undefined, flags: EtcdFlags) => chosen(async (terminal) => (await import('./commands/etcd.js')).etcd(terminal, action, key, flags)));
}

function clusterFlags(command: Command): Command {
  return command
    .option('--cluster <name>', "the cluster's name (demo)")
    .option('--provider <name>', 'where its servers come from (local)')
    .addOption(inputFlag());
}
