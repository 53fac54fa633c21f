/** The local provider: a server is a container with systemd as PID 1 on a Docker engine. */
import type Docker from 'dockerode';
import type { ClusterName } from '../../../language/ids.js';
import { boundingSet, hasCapability } from '../../host/capabilities.js';
import { recordEffect } from '../../ledger.js';
import { type HostCheck, checkHost } from '../../host/checks.js';
import { hostFacts } from '../../host/facts.js';
import { clusterLogin } from '../../ssh/clusterLogin.js';
import { numberedNames, type Provider, type ProviderNeeds, type Server, type ServerRequest } from '../../provider.js';
import { inTurn } from '../../turns.js';
import { chooseAddress } from './addresses.js';
import { type Change, hasLostItsNetwork, inspectContainer, prepareContainer, startContainer } from './containers.js';
import { type CallOptions, engineCall, engineSays } from '../../docker/engineCall.js';
import { machineSpec } from './machine.js';
import { LABEL, clusterFilter, serverContainerName, turnOf } from './names.js';
import { ensureNetwork } from './network.js';
import { removeContainer, removeLabelled } from './removal.js';
import { toServer } from './servers.js';

export interface LocalProviderOptions {
  /** Image of the machines. @default fleetwright/machine:latest */
  readonly image?: string;
  /**
   * Whether the engine can likely grant CAP_SYS_RESOURCE. Only the first guess: an engine that cannot is asked again without it.
   * @default what this process's own bounding set says
   */
  readonly grantsSysResource?: boolean;
  /** How long a removal waits, in milliseconds, for a volume or network that is in use. @default 10000 */
  readonly inUseMs?: number;
}

/** How often a server is made anew within one `ensureServer` before the fault counts as one that lasts. */
const MAX_TRIES = 3;

/**
 * Servers as containers `fleetwright-<cluster>-<name>` on the network `fleetwright-<cluster>`, with fixed addresses (core01 is
 * `.11`), found again by their labels. Nothing of other clusters on the engine is touched, and nothing is kept on this host.
 */
export function localProvider(docker: Docker, options: LocalProviderOptions = {}): Provider {
  const engine: Engine = {
    docker,
    image: options.image ?? 'fleetwright/machine:latest',
    withoutCapabilities: (options.grantsSysResource ?? hasCapability(boundingSet(), 'SYS_RESOURCE')) ? [] : ['SYS_RESOURCE'],
  };
  return {
    name: 'local',
    place: 'here',
    machineNames: async (count) => numberedNames(count),
    check: async (cluster, needs) => checkEngine(docker, cluster, needs),
    login: clusterLogin,
    listServers: (cluster) => listServers(docker, cluster),
    ensureServer: (request, signal) => ensureServer(engine, request, { signal }),
    deleteServer: (cluster, name) => removeLabelled(docker, cluster, { labels: [`${LABEL.server}=${name}`], inUseMs: options.inUseMs }),
    deleteCluster: (cluster) => inTurn(turnOf(cluster), () => removeLabelled(docker, cluster, { inUseMs: options.inUseMs })),
  };
}

interface Engine {
  readonly docker: Docker;
  readonly image: string;
  /** Learned from the engine's refusals. */
  withoutCapabilities: readonly string[];
}

async function checkEngine(docker: Docker, cluster: ClusterName, { machines }: ProviderNeeds): Promise<readonly HostCheck[]> {
  const running = (await listServers(docker, cluster)).filter(({ state }) => state === 'running').length;
  return checkHost(await hostFacts(docker), { machinesToBoot: Math.max(0, machines - running) });
}

async function listServers(docker: Docker, cluster: ClusterName, options: CallOptions = {}): Promise<readonly Server[]> {
  const filters = clusterFilter(cluster, LABEL.server);
  const found = await engineCall('list the containers', (abortSignal) => docker.listContainers({ all: true, filters, abortSignal }), options);
  return found.map((container) => toServer(container.Id, container.Labels, container.State)).sort((a, b) => a.name.localeCompare(b.name));
}

async function ensureServer(engine: Engine, request: ServerRequest, options: CallOptions): Promise<Server> {
  for (let tries = 1; ; tries++) {
    const info = await prepareServer(engine, request, options);
    try {
      const change = await startContainer(engine.docker, info, options);
      record(request, change);
      return toServer(info.Id, info.Config.Labels, 'running');
    } catch (error) {
      if (tries === MAX_TRIES || !await makeWay(engine, info, error, options)) throw error;
    }
  }
}

/** One at a time for a cluster: two servers made at once would choose the same address or two networks. */
function prepareServer(engine: Engine, request: ServerRequest, options: CallOptions): Promise<Docker.ContainerInspectInfo> {
  const { cluster, run } = request.tags;
  return inTurn(turnOf(cluster), async () => {
    options.signal?.throwIfAborted();
    const existing = await inspectContainer(engine.docker, serverContainerName(cluster, request.name), options);
    if (existing?.State.Status === 'running' && existing.Config.Labels[LABEL.server] === request.name) return existing;
    const network = await ensureNetwork(engine.docker, cluster, run, options);
    const address = await chooseAddress(engine.docker, { cluster, name: request.name, network, existing: existing?.Config.Labels }, options);
    const { image, withoutCapabilities } = engine;
    return prepareContainer(engine.docker, machineSpec(request, { image, network, address, withoutCapabilities }), options);
  });
}

/**
 * Mends what a failed start says: a capability that the engine cannot grant, a network that is gone. The container is removed, to
 * be made anew. @returns whether trying again makes sense
 */
async function makeWay(engine: Engine, info: Docker.ContainerInspectInfo, error: unknown, options: CallOptions): Promise<boolean> {
  const cannotGrant = /\bcaps\b|capabilit/.test(engineSays(error)) && engine.withoutCapabilities.length === 0;
  const addressTaken = /address already in use/.test(engineSays(error));
  if (cannotGrant) engine.withoutCapabilities = ['SYS_RESOURCE'];
  // A server that has run keeps its data unless it can never be started again.
  const remakable = info.State.Status === 'created' ? cannotGrant || addressTaken || hasLostItsNetwork(error) : hasLostItsNetwork(error);
  if (remakable) await removeContainer(engine.docker, info.Id, options);
  return remakable;
}

function record(request: ServerRequest, change: Change): void {
  if (change === 'none') return;
  const { cluster, run } = request.tags;
  recordEffect({ effect: change === 'created' ? 'create-server' : 'start-server', cluster, key: request.name, run });
}
