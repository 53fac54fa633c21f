/** The command line: commands, flags, help. What a command does is imported when it runs, so that help is quick. */
import { Command, type CommanderError } from 'commander';
import type { PlanFlags } from './commands/plan.js';
import type { DoctorFlags } from './commands/doctor.js';
import type { StatusFlags } from './commands/status.js';
import type { CommonFlags, RunFlags, TeardownFlags, UpFlags } from './flags.js';
import { addClusterSights } from './programCluster.js';
import { addClock } from './programClock.js';
import { addOperating } from './programOperating.js';
import { add, type Chosen, inputFlag, jsonFlag, onFailure, repeated, RUN, temporalFlags, waitTimeout } from './programParts.js';
import { addSeeing } from './programSeeing.js';

const EXIT_CODES = `
Exit codes:
  0 done   1 a step failed   2 wrong usage   3 invalid file or inputs   4 Temporal not reachable
  5 failed and undone   6 something could not be removed   130 cancelled or detached`;

/** The whole program. @param chosen is called once, with the action of the command */
export function buildProgram(version: string, chosen: Chosen): Command {
  const program = new Command('fleetwright')
    .description('Brings a cluster up from a workflow file, and never starts over: kill anything, it goes on where it was.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .addHelpText('after', `\nExamples:\n  fleetwright up                 a cluster of four machines and ten web servers on this host\n  fleetwright up --web 12        two more\n  fleetwright status\n  fleetwright down\n${EXIT_CODES}`);
  addCluster(program, chosen);
  addRuns(program, chosen);
  addOperating(program, chosen);
  addClock(program, chosen);
  addSeeing(program, chosen);
  addClusterSights(program, chosen);
  addHost(program, chosen);
  for (const command of withAll(program)) {
    command.exitOverride().showHelpAfterError(`(fleetwright ${command === program ? '' : `${command.name()} `}--help says more)`).allowExcessArguments(false);
  }
  return program;
}

function addCluster(program: Command, chosen: Chosen): void {
  program.commandsGroup('The cluster:');
  temporalFlags(serverFlags(add(program, 'up', 'bring a cluster up, or mend it, or change its size', ['up', 'up --web 12', 'up --cluster blue --machines 5 --on-failure keep', 'up --provider static --inventory servers.yml', 'up --provider openstack --flavor general1-1 --image debian-12 --key demo-key', 'up --detach && fleetwright watch']))
    .option('--cluster <name>', "the cluster's name (demo)")
    .option('--machines <n>', 'how many machines, 3 at the least (4)')
    .option('--web <n>', 'how many web servers (10)')
    .option('--ttl <time>', 'tear it down after this time: 8h, 90m, 2d; `extend` puts it off')
    .option('--discovery-url <url>', "an etcd discovery URL, or the address of a service that gives one; without it the cluster's own")
    .option('--no-cache', 'build every image afresh')
    .addOption(onFailure()).addOption(waitTimeout()).addOption(inputFlag())
    .option('-d, --detach', 'start, and do not wait')
    .addOption(jsonFlag()))
    .action((flags: UpFlags) => chosen(async (terminal) => (await import('./commands/up.js')).up(terminal, flags)));
  temporalFlags(add(program, 'down', 'remove a cluster: now, or by the clock', ['down', 'down --provider static', "down --at '19:00'", 'down --in 8h', "down --cron '0 19 * * 1-5' --timezone Europe/London", 'down --list', 'down --remove'])
    .option('--cluster <name>', "the cluster's name (demo)")
    .option('--provider <name>', 'where its servers come from: local, static, openstack, rackspace (local)')
    .option('--region <name>', 'region of the cloud (OS_REGION_NAME)')
    .option('--inventory <file>', 'your own servers, of --provider static (inventory.yml)')
    .option('--ssh-key <file>', 'a private SSH key for them')
    .option('--accept-new', 'add host keys that are not known yet to known_hosts')
    .addOption(inputFlag())
    .option('--at <time>', 'at this time, once: HH:MM (tomorrow when it is past) or YYYY-MM-DD HH:MM')
    .option('--in <span>', 'after this time, once: 8h, 90m, 1h30m')
    .option('--cron <fields>', 'again and again: five cron fields')
    .option('--timezone <name>', "of --at and --cron (the host's)")
    .option('--list', 'list the teardowns by the clock')
    .option('--remove', "remove the cluster's teardown by the clock")
    .addOption(jsonFlag()))
    .action((flags: TeardownFlags) => chosen(async (terminal) => (await import('./commands/down.js')).down(terminal, flags)));
  temporalFlags(add(program, 'status', 'what runs: clusters, runs, worker, server', ['status', 'status --cluster demo --json', 'status --provider static --inventory servers.yml'])
    .option('--cluster <name>', 'this cluster alone')
    .option('--provider <name>', "ask there for the cluster's machines: static, openstack, rackspace (local)")
    .option('--inventory <file>', 'your own servers, of --provider static (inventory.yml)')
    .option('--region <name>', 'region of the cloud (OS_REGION_NAME)')
    .addOption(inputFlag()).addOption(jsonFlag()))
    .action((flags: StatusFlags) => chosen(async (terminal) => (await import('./commands/status.js')).status(terminal, flags)));
}

function addRuns(program: Command, chosen: Chosen): void {
  program.commandsGroup('Workflow files and runs:');
  temporalFlags(add(program, 'run', 'run a workflow file', ['run .github/workflows/ci.yml --event push', 'run deploy.yml -i cluster=blue -i web=3', 'run release.yml -s NPM_TOKEN --var CHANNEL=beta', 'run ci.yml --ephemeral --workspace .'])
    .argument('<file>', 'the workflow file')
    .option('--event <name>', 'the event that starts it; its filters count (workflow_dispatch where the file has it, else push, else its first)')
    .option('--event-path <file>', 'the event as JSON, as GitHub sends it')
    .addOption(inputFlag()).addOption(repeated('--input-file <file>', 'inputs, as lines NAME=VALUE; can be repeated, as the flags below'))
    .addOption(repeated('-s, --secret <name[=value]>', 'a secret; without a value it is taken from the environment, or asked for'))
    .addOption(repeated('--secret-file <file>', 'secrets, as lines NAME=VALUE'))
    .addOption(repeated('--var <name=value>', 'a value of the vars context')).addOption(repeated('--var-file <file>', 'the same, as lines'))
    .addOption(repeated('--env <name=value>', "a variable under the file's env")).addOption(repeated('--env-file <file>', 'the same, as lines'))
    .option('--actor <name>', "who starts it (git's user.name)")
    .option('--job <id>', 'this job alone, and those that it needs')
    .option('--workspace <folder>', 'the folder in which the jobs work (a fresh one for each)')
    .addOption(repeated('--runner <label=runner>', 'what a label of runs-on stands for: worker, or a machine of the cluster'))
    .addOption(onFailure()).addOption(waitTimeout())
    .option('-d, --detach', 'start, and do not wait')
    .option('--ephemeral', 'with a Temporal server and a worker for this run alone, which are gone afterwards')
    .addOption(jsonFlag()))
    .action((file: string, flags: RunFlags) => chosen(async (terminal) => (await import('./commands/run.js')).run(terminal, file, flags)));
  add(program, 'plan', 'say what a run of a file would do: jobs, steps, what they make, the order of undo', ['plan deployments/deploy.yml -i web=12', 'plan deployments/deploy.yml -i cluster=demo --live', 'plan .github/workflows/ci.yml --event push --json'])
    .argument('<file>', 'the workflow file')
    .addOption(inputFlag()).addOption(repeated('--input-file <file>', 'inputs, as lines NAME=VALUE; can be repeated'))
    .option('--event <name>', 'the event that starts it').option('--event-path <file>', 'the event as JSON, as GitHub sends it')
    .addOption(repeated('--var <name=value>', 'a value of the vars context')).addOption(repeated('--var-file <file>', 'the same, as lines'))
    .option('--job <id>', 'this job alone, and those that it needs')
    .option('--live', 'say, too, what would be made, changed and removed of the cluster as it is now')
    .addOption(onFailure()).addOption(jsonFlag())
    .action((file: string, flags: PlanFlags) => chosen(async (terminal) => (await import('./commands/plan.js')).plan(terminal, file, flags)));
  add(program, 'validate', 'check workflow files and unit files; all problems are said', ['validate deploy.yml', 'validate .github/workflows/*.yml', 'validate fleet-services/*'])
    .argument('<file...>', 'workflow files, and unit files by their endings (.service, ...)')
    .option('--github', 'say, too, what GitHub would not accept, as our own keys')
    .option('--pin', 'say, too, which commit each action is at now, so that it can be named by it').addOption(jsonFlag())
    .action((files: string[], flags: { json?: boolean; github?: boolean; pin?: boolean }) => chosen(async (terminal) => (await import('./commands/validate.js')).validate(terminal, files, flags)));
  temporalFlags(add(program, 'watch', 'follow a run; Ctrl-C detaches', ['watch', 'watch deploy/demo#7'])
    .argument('[run]', `${RUN}; without it the latest that is open`).addOption(jsonFlag()))
    .action((run: string | undefined, flags: CommonFlags) => chosen(async (terminal) => (await import('./commands/watch.js')).watch(terminal, run, flags)));
  temporalFlags(add(program, 'cancel', 'cancel a run and undo what it made', ['cancel deploy/demo#7', 'cancel latest'])
    .argument('<run>', RUN).addOption(jsonFlag()))
    .action((run: string, flags: CommonFlags) => chosen(async (terminal) => (await import('./commands/cancel.js')).cancel(terminal, run, flags)));
}

function addHost(program: Command, chosen: Chosen): void {
  program.commandsGroup('This host:');
  temporalFlags(serverFlags(add(program, 'doctor', 'check this host, or where servers come from; each fault with its remedy', ['doctor', 'doctor --json', 'doctor --provider static --inventory servers.yml', 'doctor --provider openstack --flavor general1-1 --image debian-12']))
    .option('--cluster <name>', "the cluster's name (demo)").option('--machines <n>', 'how many machines it shall have (4)')
    .addOption(inputFlag()).addOption(jsonFlag()))
    .action((flags: DoctorFlags) => chosen(async (terminal) => (await import('./commands/doctor.js')).doctor(terminal, flags)));
  temporalFlags(add(program, 'stop', 'stop the worker and our Temporal server; clusters and runs stay as they are', ['stop', 'stop --all'])
    .option('--all', 'our own Docker engine too, even with clusters on it'))
    .action((flags: CommonFlags & { all?: boolean }) => chosen(async (terminal) => (await import('./commands/stop.js')).stop(terminal, flags)));
  temporalFlags(add(program, 'codec-server', 'let the Temporal UI show compressed and encrypted payloads; until Ctrl-C', ['codec-server', 'codec-server --port 8300'])
    .option('--port <port>', 'its own port, on the loopback (FLEETWRIGHT_CODEC_PORT, 8234)'))
    .action((flags: CommonFlags & { port?: string }) => chosen(async (terminal) => (await import('./commands/codecServer.js')).codecServer(terminal, flags)));
  add(program, 'completion', 'print the completion script of a shell', ['completion bash > /etc/bash_completion.d/fleetwright', 'completion zsh > ~/.zfunc/_fleetwright', 'completion fish > ~/.config/fish/completions/fleetwright.fish'])
    .argument('<shell>', 'bash, zsh or fish')
    .action((shell: string) => chosen(async (terminal) => (await import('./commands/completion.js')).completion(terminal, shell, program)));
}

/** What a provider needs to know, as flags: the inputs that are given most. */
function serverFlags(command: Command): Command {
  return command
    .option('--provider <name>', 'where the servers come from: local, static, openstack, rackspace (local)')
    .option('--inventory <file>', 'your own servers, of --provider static (inventory.yml)')
    .option('--accept-new', 'add host keys that are not known yet to known_hosts')
    .option('--flavor <name>', 'size of a server in a cloud, by name or id').option('--image <name>', 'image of a server in a cloud, by name or id')
    .option('--key <name>', 'name of the key in the cloud; uploaded when it is not there').option('--network <name>', 'networks of the servers in a cloud, by name or id')
    .option('--region <name>', 'region of the cloud (OS_REGION_NAME)')
    .option('--ssh-key <file>', 'a private SSH key; without it one is made for the cluster');
}

function withAll(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withAll)];
}

/** The exit code of what commander threw: help and version are no errors. */
export function isHelp(error: CommanderError): boolean {
  return error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
}
