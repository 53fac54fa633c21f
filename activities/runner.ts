/** The runner of a `run:` step: the worker's own host, or a machine of the cluster over SSH. */
import { parseClusterName, parseMachineName, type RunId } from '../language/ids.js';
import { InvalidInputError, TransientError } from '../infra/errors.js';
import { localTransport } from '../infra/process.js';
import type { ProviderSettings } from '../infra/provider.js';
import { providerNamed } from '../infra/providers/index.js';
import { noteCluster, workspaceFolder } from '../infra/script/workspaces.js';
import { connectSsh } from '../infra/ssh/connection.js';
import type { Transport } from '../infra/transport.js';
import { secretOf } from './cluster.js';
import type { ActivityDependencies } from './dependencies.js';

/** `runs-on` of the worker's own host. */
export const WORKER_RUNNER = 'worker';

export interface Runner {
  readonly transport: Transport;
  /** Folder on the runner under which runs keep their jobs' folders. */
  readonly base: string;
  release(): void;
}

export interface RunnerRequest {
  readonly runsOn: string;
  readonly run: RunId;
  readonly cluster?: string;
  readonly provider?: string;
  /** Of the provider. @default none */
  readonly settings?: ProviderSettings;
  readonly signal: AbortSignal;
}

/** @returns how to reach the runner. @throws InvalidInputError for a name that is no runner, TransientError for a machine that does not run */
export function openRunner(deps: ActivityDependencies): (request: RunnerRequest) => Promise<Runner> {
  return async ({ runsOn, run, cluster, provider, settings = {}, signal }) => {
    if (runsOn === WORKER_RUNNER) {
      if (cluster) await noteCluster(run, cluster);
      return { transport: localTransport(), base: workspaceFolder(run), release: () => undefined };
    }
    if (!cluster) {
      throw new InvalidInputError(`runs-on: ${runsOn} is no runner of this host`, 'Say `worker`, or give the file an input `cluster` and name one of its machines.');
    }
    const name = parseClusterName(cluster);
    const machine = parseMachineName(runsOn);
    const from = await providerNamed(provider || 'local', { docker: () => deps.docker({ onProgress: () => undefined, signal }), settings, secret: secretOf(run) });
    const servers = await from.listServers(name);
    const server = servers.find((candidate) => candidate.name === machine);
    if (!server) {
      const known = servers.map((candidate) => candidate.name).join(', ') || 'none';
      throw new InvalidInputError(`the cluster ${name} has no machine ${machine}`, `Its machines: ${known}.`);
    }
    if (server.state !== 'running') throw new TransientError(`${machine} is ${server.state}`);
    const transport = await connectSsh({ ...await from.login(name, server), signal });
    return { transport, base: machineFolder(run), release: () => transport.close() };
  };
}

/** The folder of a run's jobs on a machine. */
export function machineFolder(run: RunId): string {
  return `/var/tmp/fleetwright/${encodeURIComponent(run)}`;
}
