/** The product as its user has it: the command line, on a state folder and ports of the test's own. */
import { spawn } from 'node:child_process';
import { Client, Connection } from '@temporalio/client';
import { daemonStatus } from '../../infra/daemon.js';
import { packagePath } from '../../infra/paths.js';
import { dataConverter } from '../../infra/temporal/payloads.js';
import { WORKER_DAEMON } from '../../infra/temporal/worker.js';
import type { ProgressRecord } from '../../language/record.js';
import { MEMO, PROGRESS_QUERY } from '../../workflows/messages.js';
import { freePorts } from '../freePorts.js';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Product {
  readonly address: string;
  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Starts a command; `ended` resolves with it. */
  start(...args: readonly string[]): { readonly pid: number; readonly ended: Promise<Ended>; kill(signal: NodeJS.Signals): void };
  client(): Promise<Client>;
}

export interface ProductOptions {
  /** Where commands are run, and so where the worker looks for workflow files beside its own. @default this process's */
  readonly cwd?: string;
  /** Of the Temporal server and its UI. @default any two that are free */
  readonly ports?: readonly [number, number];
}

/** Ports are free when it returns; the environment of this process says them to the product. */
export async function product({ cwd, ports }: ProductOptions = {}): Promise<Product> {
  const [port, uiPort] = ports ?? await freePorts(2);
  const env = { ...process.env, FLEETWRIGHT_TEMPORAL_PORT: String(port), FLEETWRIGHT_UI_PORT: String(uiPort), NO_COLOR: '1' };
  const address = `127.0.0.1:${port}`;
  const start: Product['start'] = (...args) => {
    const child = spawn(process.execPath, [packagePath('bin', 'fleetwright.js'), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
    return { pid: child.pid!, ended, kill: (signal) => void child.kill(signal) };
  };
  return {
    address,
    start,
    run: (...args) => start(...args).ended,
    client: async () => new Client({ connection: await Connection.connect({ address }), dataConverter: dataConverter() }),
  };
}

/** Kills the worker with SIGKILL, if it runs. */
export function killWorker(): void {
  const pid = daemonStatus(WORKER_DAEMON)?.pid;
  if (pid) process.kill(pid, 'SIGKILL');
}

/** Looks every few milliseconds until it is so. */
export async function until(what: string, look: () => boolean | Promise<boolean>, timeoutMs = 120_000): Promise<void> {
  for (const end = performance.now() + timeoutMs; !(await look()); await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
  }
}

/** The record of a run, live or closed; undefined while the server is away or the run is not there. */
export async function recordOf(client: Client, run: string): Promise<ProgressRecord | undefined> {
  const handle = client.workflow.getHandle(run);
  try {
    const { memo, status } = await handle.describe();
    if (status.name !== 'RUNNING') return memo?.[MEMO.record] as ProgressRecord;
    return await handle.query<ProgressRecord>(PROGRESS_QUERY);
  } catch {
    return undefined;
  }
}
