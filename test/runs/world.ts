/** One Temporal server and one worker with the product's own activities, for all cases: as worker.ts puts them together, but for Docker. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { createActivities } from '../../activities/index.js';
import { PermanentError } from '../../infra/errors.js';
import { hostQueue } from '../../infra/host/hostQueue.js';
import { packagePath } from '../../infra/paths.js';
import { dataConverter } from '../../infra/temporal/payloads.js';
import { signalOpen } from '../../infra/temporal/signalOpen.js';
import { type Tracing, tracedModules } from '../../infra/temporal/tracing.js';
import { cancelWorkflow, openMemo, workflowClosed, workflowIsOpen } from '../../infra/temporal/workflowClosed.js';
import { JOB_REPORT, SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../workflows/messages.js';
import { tracedOptions } from '../../tools/workflowBundle.mjs';
import { workflowBundle } from '../workflowBundle.js';

export interface World {
  readonly client: Client;
  /** Holds what the cases need; gone afterwards. */
  readonly folder: string;
  /** Ends the worker, and starts another when `between` is done. What that changes of the environment is the new one's: a state folder of its own makes it another host's. */
  moveWorker(between: () => void | Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** @param prepare changes the environment of the worker's process before it starts @param options.database the server's file, by its name in the folder @default in memory @param options.uiPort of Temporal's UI @default there is none @param options.tracing of its worker @default none @returns when the worker polls */
export async function startWorld(prepare: (folder: string) => void, options: { readonly database?: string; readonly uiPort?: number; readonly tracing?: Tracing } = {}): Promise<World> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR' } } } });
  const folder = mkdtempSync(join(tmpdir(), 'fleetwright-runs-'));
  prepare(folder);
  const [env, bundle] = await Promise.all([startServer(options.database && join(folder, options.database), options.uiPort), options.tracing ? tracedBundle() : workflowBundle()]);
  let workers = await startWorkers(env, bundle, options.tracing);
  return {
    client: env.client,
    folder,
    moveWorker: async (between) => {
      await workers.stop();
      await between();
      workers = await startWorkers(env, bundle, options.tracing);
    },
    stop: async () => {
      await workers.stop();
      await env.teardown();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Made in this process, where the interceptors are. */
function tracedBundle(): Promise<WorkflowBundle> {
  return bundleWorkflowCode({ ...tracedOptions(packagePath(), tracedModules()), logger: new DefaultLogger('ERROR') });
}

async function startWorkers({ client, nativeConnection }: TestWorkflowEnvironment, bundle: WorkflowBundle, tracing: Tracing | undefined): Promise<{ stop(): Promise<void> }> {
  const queue = hostQueue(TASK_QUEUE);
  const common = {
    connection: nativeConnection,
    dataConverter: dataConverter(),
    ...tracing?.options,
    activities: createActivities({
      hostQueue: queue,
      docker: async () => { throw new PermanentError('there is no Docker engine in these tests', 'Start none.'); },
      workflowFolders: [],
      workflowClosed: (workflowId, signal) => workflowClosed(client, workflowId, signal),
      workflowIsOpen: (workflowId) => workflowIsOpen(client, workflowId),
      openMemo: (workflowId) => openMemo(client, workflowId),
      cancelWorkflow: (workflowId) => cancelWorkflow(client, workflowId),
      registerUndo: (run, undo) => signalOpen(client, run, JOB_REPORT, { key: undo.job, steps: [], undos: [undo] }),
    }),
    maxHeartbeatThrottleInterval: '200 milliseconds',
    shutdownGraceTime: '1 second',
  } as const;
  const workers = await Promise.all([
    Worker.create({ ...common, workflowBundle: bundle, taskQueue: TASK_QUEUE }),
    Worker.create({ ...common, taskQueue: queue }),
  ]);
  const done = Promise.all(workers.map((worker) => worker.run()));
  return {
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await done;
    },
  };
}

function startServer(dbFilename: string | undefined, uiPort: number | undefined): Promise<TestWorkflowEnvironment> {
  const path = process.env['FLEETWRIGHT_TEMPORAL'];
  const extraArgs = Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  return TestWorkflowEnvironment.createLocal({
    client: { dataConverter: dataConverter() },
    server: { ...(path ? { executable: { type: 'existing-path', path } } : {}), extraArgs, ...(dbFilename ? { dbFilename } : {}), ...(uiPort === undefined ? {} : { ui: true, uiPort }), log: { format: 'pretty', level: 'error' } },
  });
}
