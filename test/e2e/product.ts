/** The product as its user has it: the command line, on a state folder and ports of the test's own. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { packagePath } from '../../infra/paths.js';
import type { ProgressRecord } from '../../language/record.js';
import { MEMO, PROGRESS_QUERY } from '../../workflows/messages.js';

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

/** Ports are free when it returns; the environment of this process says them to the product. */
export async function product(): Promise<Product> {
  const [port, uiPort] = [await freePort(), await freePort()];
  const env = { ...process.env, FLEETWRIGHT_TEMPORAL_PORT: String(port), FLEETWRIGHT_UI_PORT: String(uiPort), NO_COLOR: '1' };
  const address = `127.0.0.1:${port}`;
  const start: Product['start'] = (...args) => {
    const child = spawn(process.execPath, [packagePath('bin', 'fleetwright.js'), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
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
    client: async () => new Client({ connection: await Connection.connect({ address }) }),
  };
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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
