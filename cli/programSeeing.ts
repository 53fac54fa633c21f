/** The commands by which runs are seen. */
import { Argument, type Command, Option } from 'commander';
import type { GraphFlags } from './commands/graph.js';
import type { LogsFlags } from './commands/logs.js';
import type { ReportFlags } from './commands/report.js';
import type { RunsFlags } from './commands/runs.js';
import type { CommonFlags } from './flags.js';
import { add, type Chosen, jsonFlag, RUN, temporalFlags } from './programParts.js';

const LATEST = `${RUN}; without it the latest that is open`;

export function addSeeing(program: Command, chosen: Chosen): void {
  program.commandsGroup('Seeing runs:');
  temporalFlags(add(program, 'runs', 'list runs', ['runs', 'runs --cluster demo --conclusion failure', 'runs --file deploy.yml --limit 5 --json'])
    .option('--cluster <name>', 'of this cluster alone')
    .addOption(new Option('--conclusion <word>', 'those that ended so, or are running').choices(['running', 'success', 'failure', 'cancelled', 'skipped', 'undone']))
    .option('--file <name>', 'of this workflow file alone: deploy.yml, or deploy')
    .option('--limit <n>', 'how many, the latest first (20)').addOption(jsonFlag()))
    .action((flags: RunsFlags) => chosen(async (terminal) => (await import('./commands/runs.js')).runs(terminal, flags)));
  temporalFlags(add(program, 'view', 'look at a run once: jobs, steps, annotations, summaries', ['view', 'view deploy/demo#7', 'view latest --json'])
    .argument('[run]', LATEST).addOption(jsonFlag()))
    .action((run: string | undefined, flags: CommonFlags) => chosen(async (terminal) => (await import('./commands/view.js')).view(terminal, run, flags)));
  temporalFlags(add(program, 'logs', 'print what the steps of a run printed', ['logs deploy/demo#7', 'logs latest --failed', 'logs --job web --step verify', 'logs -f', 'logs deploy/demo#7 --attempt 1 --json'])
    .argument('[run]', LATEST)
    .option('--job <name>', 'of this job alone: its key, id or name')
    .option('--step <name>', 'of this step alone: its address, id, number or name')
    .option('--attempt <n>', 'of this attempt of the run (the latest)')
    .option('--failed', 'only of steps that failed')
    .option('-f, --follow', 'go on while the run does; Ctrl-C detaches')
    .addOption(new Option('--json', 'a JSON object for each line')))
    .action((run: string | undefined, flags: LogsFlags) => chosen(async (terminal) => (await import('./commands/logs.js')).logs(terminal, run, flags)));
  temporalFlags(add(program, 'graph', 'draw the jobs of a run or a file, and which waits for which', ['graph deployments/deploy.yml', 'graph deploy/demo#7 --format svg > run.svg', 'graph ci.yml --format dot | dot -Tpng > ci.png'])
    .addArgument(new Argument('<run|file>', `${RUN}; or a workflow file`))
    .addOption(new Option('--format <name>', 'Mermaid (for Markdown), SVG, or Graphviz (mermaid)').choices(['mermaid', 'svg', 'dot'])).addOption(jsonFlag()))
    .action((what: string, flags: GraphFlags) => chosen(async (terminal) => (await import('./commands/graph.js')).graph(terminal, what, flags)));
  temporalFlags(add(program, 'report', 'write a run as one HTML page: graph, time, logs, annotations, summaries', ['report', 'report deploy/demo#7 -o run.html', 'report latest -o - | gzip > run.html.gz'])
    .argument('[run]', LATEST)
    .option('-o, --output <file>', "the file; - prints the page (the run's id, as deploy-demo-7.html)").addOption(jsonFlag()))
    .action((run: string | undefined, flags: ReportFlags) => chosen(async (terminal) => (await import('./commands/report.js')).report(terminal, run, flags)));
}
