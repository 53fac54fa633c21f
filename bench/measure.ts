/** What a run leaves in Temporal, and what worker and server take of the memory. */
import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { daemonStatus } from '../infra/daemon.js';
import { SERVER_DAEMON } from '../infra/temporal/devServer.js';
import { dataConverter } from '../infra/temporal/payloads.js';
import { WORKER_DAEMON } from '../infra/temporal/worker.js';

export interface RunSize {
  /** Of the run's history and its jobs' together. */
  readonly events: number;
  readonly bytes: number;
  /** The most that worker and server have had resident since they were started, added. */
  readonly residentBytes: number;
}

/** @param address of the Temporal server, `HOST:PORT` @param run its id */
export async function measureRun(address: string, run: string): Promise<RunSize> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, dataConverter: dataConverter() });
    let [events, bytes] = [0, 0];
    for await (const { workflowId, runId } of client.workflow.list()) {
      if (workflowId !== run && !workflowId.startsWith(`${run}/`)) continue;
      const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
      events += Number(raw.workflowExecutionInfo?.historyLength ?? 0);
      bytes += Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0);
    }
    if (events === 0) throw new Error(`the server has no history of ${run}`);
    return { events, bytes, residentBytes: [WORKER_DAEMON, SERVER_DAEMON].reduce((sum, name) => sum + peakResidentBytes(name), 0) };
  } finally {
    await connection.close();
  }
}

function peakResidentBytes(daemon: string): number {
  const pid = daemonStatus(daemon)?.pid;
  if (pid === undefined) throw new Error(`the daemon ${daemon} does not run`);
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
