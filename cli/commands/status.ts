/** `fleetwright status`: what runs. Works with nothing running. */
import type { Client } from '@temporalio/client';
import { type DaemonStatus, daemonStatus } from '../../infra/daemon.js';
import { SERVER_DAEMON } from '../../infra/temporal/devServer.js';
import { accepts, TemporalUnreachableError } from '../../infra/temporal/reach.js';
import { portOf, type TemporalSettings } from '../../infra/temporal/settings.js';
import { WORKER_DAEMON, workerIsReady } from '../../infra/temporal/worker.js';
import type { ProviderSettings } from '../../infra/provider.js';
import { type ClusterName, parseClusterName } from '../../language/ids.js';
import { queueText } from '../../language/queuePlace.js';
import { type ClusterContainer, clusterContainers, lookForEngine } from '../engine.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CommonFlags, ProviderFlags } from '../flags.js';
import { providerInputs } from '../inputs.js';
import { elapsed } from '../progress/elapsed.js';
import { waitText } from '../progress/parked.js';
import { listRuns, queuedRuns, quoted, type RunSummary, stateOf } from '../runs/list.js';
import { withHostWaits } from '../runs/hostWait.js';
import { describeRun, queryRecord } from '../runs/read.js';
import { leaseWarnings } from '../schedule/leases.js';
import { teardownRows } from '../schedule/rows.js';
import { listTeardowns, type Teardown } from '../schedule/teardowns.js';
import { openSession, settingsOf, uiUrl } from '../session.js';
import { formatTable } from '../tables.js';
import type { Terminal } from '../terminal.js';
import { checkProviderName } from '../values/provider.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';

interface Daemon { readonly running: boolean; readonly pid?: number; readonly logFile?: string }

/** The value of `status --json`. */
export interface StatusReport {
  readonly temporal: Daemon & { readonly address: string; readonly reachable: boolean; readonly ours: boolean; readonly ui: string | null };
  readonly worker: Daemon & { readonly ready: boolean };
  readonly engine: { readonly address: string | null; readonly ours: boolean; readonly why?: string };
  readonly machines: readonly ClusterContainer[];
  readonly runs: readonly (RunSummary & {
    readonly url: string | null;
    /** Where it waits for its concurrency group: 1 is the next. */
    readonly queue?: { readonly group: string; readonly place: number };
    /** For whom or what it waits elsewhere: a decision, an approval, a timer, the worker of a host. Only where a worker answers. */
    readonly waits?: string;
  })[];
  readonly teardowns: readonly Teardown[];
}

const CONNECT_MS = 2_000;
const RECORD_MS = 1_500;
const RUNS_SHOWN = 10;
const UNREACHABLE = { reachable: false, runs: [], teardowns: [] };

/** With a provider elsewhere, the machines of one of its clusters are asked for there. */
export type StatusFlags = CommonFlags & Pick<ProviderFlags, 'cluster' | 'provider' | 'inventory' | 'acceptNew' | 'sshKey' | 'region' | 'input'>;

/** @throws InvalidIdError for a bad cluster name, UsageError for bad ports or a provider that is none */
export async function status(terminal: Terminal, flags: StatusFlags): Promise<ExitCode> {
  const inputs = providerInputs(flags);
  const elsewhere = isElsewhere(inputs['provider']);
  const cluster = inputs['cluster'] === undefined ? (elsewhere ? parseClusterName('demo') : undefined) : parseClusterName(inputs['cluster']);
  const settings = settingsOf(flags);
  const [temporal, engine, servers] = await Promise.all([askTemporal(terminal, flags, cluster), askEngine(cluster), elsewhere && cluster ? askProvider(terminal, inputs, cluster) : []]);
  const report: StatusReport = {
    temporal: { ...daemonOf(daemonStatus(SERVER_DAEMON)), address: settings.address, reachable: temporal.reachable, ours: settings.own, ui: uiUrl(settings) ?? null },
    worker: { ...daemonOf(daemonStatus(WORKER_DAEMON)), ready: workerIsReady() },
    engine: engine.engine, machines: [...engine.machines, ...servers], runs: temporal.runs, teardowns: temporal.teardowns,
  };
  terminal.out(...(flags.json ? [JSON.stringify(report, undefined, 2)] : statusLines(report, settings, Date.now())));
  return EXIT.ok;
}

async function askTemporal(terminal: Terminal, flags: CommonFlags, cluster: string | undefined): Promise<Pick<StatusReport, 'runs' | 'teardowns'> & { readonly reachable: boolean }> {
  const settings = settingsOf(flags);
  if (settings.own && !await accepts(portOf(settings))) return UNREACHABLE; // at once, without waiting for a connection
  try {
    const session = await openSession(flags, terminal, 'nothing', { timeoutMs: CONNECT_MS });
    try {
      const filter = cluster === undefined ? {} : { filter: `${SEARCH_ATTRIBUTES.cluster} = ${quoted(cluster)}` };
      const [runs, teardowns, queued] = await Promise.all([listRuns(session.client, { ...filter, limit: RUNS_SHOWN }), listTeardowns(session.client), queuedRuns(session.client)]);
      const wanted = teardowns.filter((teardown) => cluster === undefined || teardown.cluster === cluster);
      const shown = await Promise.all(runs.map(async (run) => {
        const queue = queued.get(run.id);
        const waits = queue === undefined && run.status === 'RUNNING' ? await askWait(session.client, run.id) : undefined;
        return { ...run, url: session.url(run.id) ?? null, ...(queue === undefined ? {} : { queue }), ...(waits === undefined ? {} : { waits }) };
      }));
      return { reachable: true, runs: shown, teardowns: wanted };
    } finally {
      await session.close();
    }
  } catch (error) {
    if (!(error instanceof TemporalUnreachableError)) terminal.note((error as Error).message);
    return UNREACHABLE;
  }
}

/** Undefined, too, where no worker answers: the other lines say that. */
async function askWait(client: Client, id: string): Promise<string | undefined> {
  try {
    const [description, record] = await Promise.all([describeRun(client, id, RECORD_MS), queryRecord(client, id, RECORD_MS)]);
    return waitText(await withHostWaits(client, description, record));
  } catch {
    return undefined;
  }
}

async function askEngine(cluster: string | undefined): Promise<{ readonly engine: StatusReport['engine']; readonly machines: ClusterContainer[] }> {
  const { engine, why } = await lookForEngine();
  if (engine === undefined) return { engine: { address: null, ours: false, ...(why === undefined ? {} : { why }) }, machines: [] };
  const machines = (await clusterContainers(engine)).filter((container) => cluster === undefined || container.cluster === cluster);
  return { engine: { address: engine.address, ours: engine.own }, machines };
}

function isElsewhere(provider: string | undefined): boolean {
  if (provider === undefined || provider === 'local') return false;
  checkProviderName(provider);
  return true;
}

/** The cluster's servers as their provider has them; what it does not say is a note, as with all else here that does not answer. */
async function askProvider(terminal: Terminal, inputs: ProviderSettings, cluster: ClusterName): Promise<readonly ClusterContainer[]> {
  try {
    const { openProvider } = await import('../cluster/open.js');
    const provider = await openProvider({ provider: inputs['provider']!, input: Object.entries(inputs).map(([name, value]) => `${name}=${value}`) });
    return (await provider.listServers(cluster)).map(({ name, tags, state, publicAddress, privateAddress }) => ({
      cluster, machine: name, server: true, run: tags.run,
      // Of a server that says nothing of itself it is not known whether it is one of the cluster's.
      state: tags.run === '' ? 'no answer' : state,
      address: publicAddress === privateAddress ? publicAddress : `${publicAddress} (${privateAddress})`,
    }));
  } catch (error) {
    terminal.note((error as Error).message);
    return [];
  }
}

function daemonOf(daemon: DaemonStatus | undefined): Daemon {
  return daemon === undefined ? { running: false } : { running: true, pid: daemon.pid, logFile: daemon.logFile };
}

/** The report for a person. Pure. @param now milliseconds since the epoch */
export function statusLines(report: StatusReport, settings: Pick<TemporalSettings, 'own'>, now: number): string[] {
  const { temporal, worker, engine, machines, runs, teardowns } = report;
  const nothing = !temporal.reachable && !temporal.running && !worker.running && machines.length === 0;
  return [
    `Temporal server  ${temporalState(temporal, settings)}`,
    `Worker           ${worker.running ? `${worker.ready ? 'running' : 'starting'}, process ${worker.pid}` : 'not running'}`,
    `Docker engine    ${engine.address === null ? engine.why ?? 'none' : `${engine.address}${engine.ours ? ' (ours)' : ''}`}`,
    ...section('Clusters', machines.map(({ cluster, machine, state, address, run }) => ({ cluster, machine, state, address, run }))),
    ...section('Runs', runs.map((run) => runRow(run, now))),
    ...section('Teardowns by the clock', teardownRows(teardowns)),
    ...warningLines(teardowns, now),
    ...(nothing ? ['', 'Nothing runs here. Bring a cluster up with: fleetwright up'] : []),
  ];
}

function warningLines(teardowns: readonly Teardown[], now: number): string[] {
  const warnings = leaseWarnings(teardowns, now);
  return warnings.length === 0 ? [] : ['', ...warnings];
}

function temporalState({ reachable, running, pid, address, ui, logFile }: StatusReport['temporal'], settings: Pick<TemporalSettings, 'own'>): string {
  if (reachable) return `${address}${ui === null ? '' : `, UI ${ui}`}`;
  if (!settings.own) return `${address} does not answer`;
  return running ? `process ${pid} runs and does not answer at ${address} (yet): see ${logFile}` : 'not running';
}

function section(title: string, rows: readonly Record<string, string>[]): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, ...formatTable(rows)];
}

function runRow(run: StatusReport['runs'][number], now: number): Record<string, string> {
  const { id, startedAt, closedAt, queue, waits } = run;
  const waiting = queue === undefined ? waits : queueText(queue.group, queue.place);
  return { run: id, state: waiting === undefined ? stateOf(run) : `waits: ${waiting}`, started: startedAt.toISOString().replace(/\.\d+Z$/, 'Z'), took: elapsed((closedAt?.getTime() ?? now) - startedAt.getTime()) };
}
