/** The host of a job's steps, as its `runs-on` says: folders, processes, and what expressions see of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { arch, hostname } from 'node:os';
import { posix } from 'node:path';
import { jobScope, type HostFacts, type JobFacts } from '../../language/contexts.js';
import { evaluateTemplate, templateText, type Json } from '../../language/expressions.js';
import type { RunId } from '../../language/ids.js';
import type { JobPlan } from '../../language/plan.js';
import type { StepLog } from '../../infra/logStore.js';
import { cacheDir } from '../../infra/paths.js';
import { type JobFolder, jobFolder } from '../../infra/script/folders.js';
import type { StepHost } from '../../infra/script/host.js';
import { openLocalHost } from '../../infra/script/localHost.js';
import { noteCluster, workspaceFolder } from '../../infra/script/workspaces.js';
import type { ProviderSettings } from '../../infra/provider.js';
import { settingsOf } from '../cluster.js';
import { machineFolder, type Runner, type RunnerRequest, WORKER_RUNNER } from '../runner.js';
import { chooseRunner } from './chooseRunner.js';
import { type HostActions, machineActions, workerActions } from './hostActions.js';
import { openPatientHost } from './patientHost.js';
import type { PatienceTimes } from './withRunner.js';

export interface JobHost extends HostActions {
  readonly host: StepHost;
  /** `worker`, or the machine's name. */
  readonly runsOn: string;
  readonly runner: Readonly<Record<string, string>>;
  /** Keys of `github` that belong to the host. */
  readonly github: Readonly<Record<string, unknown>>;
}

const ARCHES: Readonly<Record<string, string>> = { x64: 'X64', arm64: 'ARM64', arm: 'ARM', ia32: 'X86', x86_64: 'X64', aarch64: 'ARM64' };

/** What a host of steps is found by. */
export interface StepHostRequest {
  /** `worker`, or the machine's name. */
  readonly runsOn: string;
  readonly run: RunId;
  /** The job's key: its folders are named by it. */
  readonly key: string;
  /** A folder of the worker's host that stands for the job's own. @default its own */
  readonly workspace?: string | undefined;
  readonly cluster?: string | undefined;
  readonly provider?: string | undefined;
  /** Of the provider. @default none */
  readonly settings?: ProviderSettings | undefined;
  readonly signal: AbortSignal;
  /** Says that a machine does not answer. */
  readonly log: Pick<StepLog, 'line'>;
  /** How long a machine is waited for. @default five minutes */
  readonly patience?: PatienceTimes | undefined;
}

export interface JobHostRequest extends Omit<StepHostRequest, 'runsOn' | 'run' | 'workspace' | 'settings'> {
  readonly facts: JobFacts;
  readonly runsOn: JobPlan['runsOn'];
}

type OpenRunner = (request: RunnerRequest) => Promise<Runner>;

/** @throws ExpressionError, InvalidInputError, TransientError when the host cannot be reached */
export function openJobHost(request: JobHostRequest, openRunner: OpenRunner): Promise<JobHost> {
  const { facts, runsOn, ...rest } = request;
  const { id: run, inputs, facts: { runners = {}, workspace } = {} } = facts.run;
  const where = { ...rest, run, workspace, settings: settingsOf(inputs), runsOn: chooseRunner(labelsOf(runsOn, facts), runners) };
  return where.runsOn === WORKER_RUNNER ? openWorker(where, facts) : openMachine(where, facts, openRunner);
}

/** The host alone: folders and processes. @throws InvalidInputError; of a machine the first call throws */
export async function openStepHost(request: StepHostRequest, openRunner: OpenRunner): Promise<StepHost> {
  return request.runsOn === WORKER_RUNNER ? openLocal(request) : openRemote(request, openRunner).host;
}

async function openLocal({ run, key, workspace, cluster, signal }: StepHostRequest): Promise<StepHost> {
  if (cluster) await noteCluster(run, cluster);
  const own = jobFolder(workspaceFolder(run), key);
  return openLocalHost({ job: { ...own, workspace: workspace ?? own.workspace }, signal });
}

function openRemote({ runsOn, run, key, cluster, provider, settings = {}, signal, log, patience }: StepHostRequest, openRunner: OpenRunner): ReturnType<typeof openPatientHost> {
  const where = { runsOn, run, settings, ...(cluster ? { cluster } : {}), ...(provider ? { provider } : {}) };
  return openPatientHost({ open: (until) => openRunner({ ...where, signal: until }), job: jobFolder(machineFolder(run), key), signal, log, times: patience });
}

async function openWorker(request: StepHostRequest, facts: JobFacts): Promise<JobHost> {
  const host = await openLocal(request);
  const eventPath = eventFile(host.job);
  await mkdir(posix.dirname(eventPath), { recursive: true });
  await writeFile(eventPath, eventOf(facts));
  const facing = jobHost(host, WORKER_RUNNER, { name: hostname(), arch: arch(), toolCache: cacheDir('tools') });
  return { ...facing, ...workerActions(host.job) };
}

async function openMachine(request: StepHostRequest, facts: JobFacts, openRunner: OpenRunner): Promise<JobHost> {
  const { runsOn: name, signal } = request;
  const { host, transport } = openRemote(request, openRunner);
  const { job } = host;
  const { stdout } = await transport.exec(['sh', '-c', MAKE_READY, 'sh', job.workspace, posix.dirname(eventFile(job))], { timeoutMs: 30_000 });
  await transport.writeFile(eventFile(job), eventOf(facts), { mode: 0o600 });
  const copies = posix.join(jobFolder(workspaceFolder(request.run), request.key).temp, '_mirror');
  const facing = jobHost(host, name, { name, arch: stdout.trim(), toolCache: posix.join(job.temp, '_tool') });
  return { ...facing, ...machineActions({ name, transport, job, copies, signal }) };
}

/** Makes the folders `$1...` and says what machine it is. */
const MAKE_READY = 'umask 077; mkdir -p -- "$@" && uname -m';

function jobHost(host: StepHost, runsOn: string, { name, arch: machine, toolCache }: { readonly name: string; readonly arch: string; readonly toolCache: string }): Pick<JobHost, 'host' | 'runsOn' | 'runner' | 'github'> {
  const { workspace, temp } = host.job;
  return {
    host, runsOn,
    runner: { name, os: 'Linux', arch: ARCHES[machine] ?? 'X64', temp, tool_cache: toolCache, environment: 'self-hosted', workspace: posix.dirname(workspace) },
    github: { workspace, event_path: eventFile(host.job) },
  };
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
