/** The host of a job's steps, as its `runs-on` says: folders, processes, and what expressions see of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { arch, hostname } from 'node:os';
import { posix } from 'node:path';
import { jobScope, type HostFacts, type JobFacts } from '../../language/contexts.js';
import { evaluateTemplate, templateText, type Json } from '../../language/expressions.js';
import type { JobPlan } from '../../language/plan.js';
import type { StepLog } from '../../infra/logStore.js';
import { cacheDir } from '../../infra/paths.js';
import { folderName, type JobFolder, jobFolder } from '../../infra/script/folders.js';
import type { StepHost } from '../../infra/script/host.js';
import { openLocalHost } from '../../infra/script/localHost.js';
import { carryFolder } from '../../infra/uses/carry.js';
import type { Files } from '../../infra/uses/files.js';
import { localFiles } from '../../infra/uses/localFiles.js';
import { remoteFiles } from '../../infra/uses/remoteFiles.js';
import type { ResolvedAction } from '../../infra/uses/resolve.js';
import { noteCluster, workspaceFolder } from '../../infra/script/workspaces.js';
import { settingsOf } from '../cluster.js';
import { machineFolder, type Runner, type RunnerRequest, WORKER_RUNNER } from '../runner.js';
import { chooseRunner } from './chooseRunner.js';
import { openPatientHost } from './patientHost.js';

export interface JobHost {
  readonly host: StepHost;
  /** `worker`, or the machine's name. */
  readonly runsOn: string;
  readonly runner: Readonly<Record<string, string>>;
  /** Keys of `github` that belong to the host. */
  readonly github: Readonly<Record<string, unknown>>;
  /** The host's files, for the actions that are built in. */
  readonly files: Files;
  /** The action where the host's processes can read it. */
  readonly carry: (action: ResolvedAction) => Promise<ResolvedAction>;
  /** The Node that runs JavaScript actions there. */
  readonly node: string;
}

export interface JobHostRequest {
  readonly facts: JobFacts;
  readonly key: string;
  readonly runsOn: JobPlan['runsOn'];
  readonly cluster?: string | undefined;
  readonly provider?: string | undefined;
  readonly signal: AbortSignal;
  /** Says that a machine does not answer. */
  readonly log: Pick<StepLog, 'line'>;
}

const ARCHES: Readonly<Record<string, string>> = { x64: 'X64', arm64: 'ARM64', arm: 'ARM', ia32: 'X86', x86_64: 'X64', aarch64: 'ARM64' };

/** @throws ExpressionError, InvalidInputError, TransientError when the host cannot be reached */
export function openJobHost(request: JobHostRequest, openRunner: (request: RunnerRequest) => Promise<Runner>): Promise<JobHost> {
  const { facts, runsOn } = request;
  const name = chooseRunner(labelsOf(runsOn, facts), facts.run.facts?.runners ?? {});
  return name === WORKER_RUNNER ? openWorker(request) : openMachine(name, request, openRunner);
}

async function openWorker({ facts, key, cluster, signal }: JobHostRequest): Promise<JobHost> {
  if (cluster) await noteCluster(facts.run.id, cluster);
  const job = folderOf(facts, jobFolder(workspaceFolder(facts.run.id), key));
  const host = await openLocalHost({ job, signal });
  const eventPath = eventFile(job);
  await mkdir(posix.dirname(eventPath), { recursive: true });
  await writeFile(eventPath, eventOf(facts));
  const facing = jobHost(host, WORKER_RUNNER, { name: hostname(), arch: arch(), toolCache: cacheDir('tools') });
  return { ...facing, files: localFiles(), carry: async (action) => action, node: process.execPath };
}

async function openMachine(name: string, { facts, key, cluster, provider, signal, log }: JobHostRequest, openRunner: (request: RunnerRequest) => Promise<Runner>): Promise<JobHost> {
  const run = facts.run.id;
  const where = { runsOn: name, run, settings: settingsOf(facts.run.inputs), ...(cluster ? { cluster } : {}), ...(provider ? { provider } : {}) };
  const job = jobFolder(machineFolder(run), key);
  const { host, transport } = openPatientHost({ open: (until) => openRunner({ ...where, signal: until }), job, signal, log });
  const { stdout } = await transport.exec(['sh', '-c', MAKE_READY, 'sh', job.workspace, posix.dirname(eventFile(job))], { timeoutMs: 30_000 });
  await transport.writeFile(eventFile(job), eventOf(facts), { mode: 0o600 });
  const files = remoteFiles({ transport, temp: job.temp });
  const carry = async (action: ResolvedAction): Promise<ResolvedAction> => {
    const folder = posix.join(job.temp, '_actions', folderName(`${action.repository ?? ''}@${action.commit ?? action.folder}`), posix.basename(action.folder));
    await carryFolder(action.folder, files, folder, signal);
    return { ...action, folder };
  };
  return { ...jobHost(host, name, { name, arch: stdout.trim(), toolCache: posix.join(job.temp, '_tool') }), files, carry, node: 'node' };
}

/** Makes the folders `$1...` and says what machine it is. */
const MAKE_READY = 'umask 077; mkdir -p -- "$@" && uname -m';

function jobHost(host: StepHost, runsOn: string, { name, arch: machine, toolCache }: { readonly name: string; readonly arch: string; readonly toolCache: string }): Omit<JobHost, 'files' | 'carry' | 'node'> {
  const { workspace, temp } = host.job;
  return {
    host, runsOn,
    runner: { name, os: 'Linux', arch: ARCHES[machine] ?? 'X64', temp, tool_cache: toolCache, environment: 'self-hosted', workspace: posix.dirname(workspace) },
    github: { workspace, event_path: eventFile(host.job) },
  };
}

function folderOf(facts: JobFacts, own: JobFolder): JobFolder {
  return { ...own, workspace: facts.run.facts?.workspace ?? own.workspace };
}

function eventFile({ temp }: JobFolder): string {
  return posix.join(temp, '_github_workflow', 'event.json');
}

function eventOf({ run }: JobFacts): string {
  return JSON.stringify(run.facts?.github['event'] ?? { inputs: run.inputs });
}

/** An expression may give a label, a list of them, or an object with `labels`. */
export function labelsOf(runsOn: JobPlan['runsOn'], facts: JobFacts, host: HostFacts = {}): readonly string[] {
  const scope = jobScope(facts, host);
  if (typeof runsOn !== 'string') return runsOn.map((label) => templateText(label, scope));
  return flatten(evaluateTemplate(runsOn, scope));
}

function flatten(value: Json): readonly string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(flatten);
  if (typeof value === 'object' && value !== null) return flatten((value as { readonly labels?: Json }).labels ?? null);
  return value === null ? [] : [String(value)];
}
