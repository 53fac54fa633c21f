/** The worker's composition root: the connection, the activities with what they really need, and the workflow bundle. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from './activities/index.js';
import { ensureEngine } from './infra/docker/engine.js';
import { hostQueue } from './infra/host/hostQueue.js';
import { announceWorker, type Bequest, leaveWorkers, takeOverKilled } from './infra/inFlight.js';
import { forgetClosedRuns } from './infra/secrets/forgetClosed.js';
import { packagePath } from './infra/paths.js';
import { keepRunsApart } from './infra/script/workspaces.js';
import { connectionOptions } from './infra/temporal/connection.js';
import { handBack, handBackUnnoted } from './infra/temporal/handBack.js';
import { serveMetrics } from './infra/temporal/metrics.js';
import { dataConverter } from './infra/temporal/payloads.js';
import { signalOpen } from './infra/temporal/signalOpen.js';
import { temporalSettings } from './infra/temporal/settings.js';
import { openTracing, tracedModules } from './infra/temporal/tracing.js';
import { announceReady } from './infra/temporal/worker.js';
import { cancelWorkflow, openMemo, runStanding, workflowClosed, workflowIsOpen } from './infra/temporal/workflowClosed.js';
import { isFinal, JOB_REPORT, TASK_QUEUE } from './workflows/messages.js';

const FORGET_EVERY_MS = 10_000;

/**
 * How long one workflow task may take to think. The SDK's own five seconds, which its types do not show, were too short for that of a matrix of 256 jobs on a busy host: V8 is
 * stopped then wherever it is, and where that is a promise hook Node ends the whole worker ("async hook stack has become corrupted"), as often as the task is tried.
 */
const THINKING: Partial<WorkerOptions> = { isolateExecutionTimeout: '2 minutes' } as Partial<WorkerOptions>;

serveMetrics();
keepRunsApart();
const settings = temporalSettings();
const { namespace } = settings;
const converter = dataConverter();
const connection = await NativeConnection.connect(connectionOptions(settings));
const client = new Client({ connection: await Connection.connect(connectionOptions(settings)), namespace, dataConverter: converter });

const tracing = await openTracing();
const identity = announceWorker();
const queue = hostQueue(TASK_QUEUE);
const common = {
  connection,
  namespace,
  identity,
  dataConverter: converter,
  ...tracing?.options,
  activities: createActivities({
    hostQueue: queue,
    // Asked for each time: an engine that died is started again. Its disk is `check-host`'s concern: a full one must not keep a teardown from freeing it.
    docker: ({ onProgress, signal }) => ensureEngine({ onProgress, signal, needBytes: 0 }),
    workflowFolders: [packagePath('deployments'), resolve('deployments'), resolve('.github/workflows')],
    workflowClosed: (workflowId, signal) => workflowClosed(client, workflowId, signal),
    workflowIsOpen: (workflowId) => workflowIsOpen(client, workflowId),
    openMemo: (workflowId) => openMemo(client, workflowId),
    cancelWorkflow: (workflowId) => cancelWorkflow(client, workflowId),
    registerUndo: (run, undo) => signalOpen(client, run, JOB_REPORT, { key: undo.job, steps: [], undos: [undo] }),
  }),
  activityTaskPollerBehavior: { type: 'autoscaling', minimum: 2, maximum: 20, initial: 5 },
  // A cancel reaches an activity with the answer to its heartbeat.
  maxHeartbeatThrottleInterval: '1 second',
  shutdownGraceTime: '5 seconds',
} satisfies Partial<WorkerOptions>;
const workers = await Promise.all([
  // A killed worker's runs go on as soon as a worker is back, not after the default of ten seconds.
  Worker.create({ ...common, ...THINKING, ...workflowCode(), taskQueue: TASK_QUEUE, stickyQueueScheduleToStartTimeout: '2 seconds' }),
  // What belongs to a job's workspace comes to the host that has it.
  Worker.create({ ...common, taskQueue: queue }),
]);
const killed = takeOverKilled();
await handBack(client, killed.activities);
const done = workers.map((worker) => worker.run());
announceReady();
// Whoever started a run need not be there when it ends.
const forgetting = setInterval(() => void forgetClosedRuns((run) => runStanding(client, run, isFinal)).catch(() => undefined), FORGET_EVERY_MS);
await Promise.all([...done, handBackRest(killed)]);
clearInterval(forgetting);
leaveWorkers();
await tracing?.close().catch((error: unknown) => console.error('the last spans were not taken:', error));
await client.connection.close();
await connection.close();

/** Best effort: without it, what they had in hand comes back when its heartbeats are missed. */
async function handBackRest({ identities }: Bequest): Promise<void> {
  if (identities.length === 0) return;
  await handBackUnnoted(client, TASK_QUEUE, identities).catch((error: unknown) => console.error('what a killed worker had in hand was not looked for:', error));
}

/** The bundle that the build made, or the sources. */
function workflowCode(): Partial<WorkerOptions> {
  const codePath = packagePath('dist', tracing === undefined ? 'workflows.js' : 'workflows-traced.js');
  const fromSources = process.env['FLEETWRIGHT_SOURCES'] === '1' || !existsSync(codePath);
  if (!fromSources) return { workflowBundle: { codePath } };
  const traced = tracing && { interceptors: { ...tracing.options.interceptors, workflowModules: [...tracedModules()] } };
  return { workflowsPath: packagePath('workflows', 'index.ts'), ...traced };
}
