/** The cluster's own services: one container with etcd, etcd-discovery and a registry, `.2` on the cluster's network. */
import type Docker from 'dockerode';
import type { ClusterName, RunId } from '../../../language/ids.js';
import { TransientError } from '../../errors.js';
import { addressIn } from '../../host/subnets.js';
import { recordEffect } from '../../ledger.js';
import type { Removal } from '../../provider.js';
import { inTurn } from '../../turns.js';
import { waitFor } from '../../wait.js';
import { SERVICES_NUMBER } from './addresses.js';
import { type ContainerSpec, inspectContainer, lastWords, prepareContainer, startContainer } from './containers.js';
import { type CallOptions, engineCall } from '../../docker/engineCall.js';
import { LABEL, clusterFilter, REGISTRY_VOLUME, SERVICES_ROLE, servicesContainerName, turnOf } from './names.js';
import { type ClusterNetwork, ensureNetwork } from './network.js';
import { answers, baseUrls } from './reach.js';
import { removeLabelled } from './removal.js';
import { volumeMount } from './volumes.js';

/** The ports of the services in the container. */
export const SERVICE_PORT = { etcd: 2379, registry: 5000, discovery: 8087 } as const;

export interface ClusterServices {
  /** Its address on the cluster's network: `10.210.7.2`. The registry is at `<address>:5000` there. */
  readonly address: string;
  /** The registry as the engine's host reaches it: `127.0.0.1:49153`; changes when the container restarts. */
  readonly registryHostPort: string;
  /** The discovery service as the machines reach it: `http://10.210.7.2:8087`. */
  readonly discoveryService: string;
  /** The discovery service as this process reaches it; the same, unless containers cannot be reached directly. */
  readonly discoveryFromHere: string;
  /** etcd behind the discovery service, as this process reaches it. */
  readonly etcdFromHere: string;
}

export interface ClusterServicesOptions {
  /** @default fleetwright/infra:latest */
  readonly image?: string;
  /** How long to wait for the services to answer. @default 60000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts the services unless they run, and waits until the registry, etcd and discovery answer. Safe to repeat.
 * @throws TransientError when they do not answer in time, PermanentError without the image
 */
export async function ensureClusterServices(docker: Docker, cluster: ClusterName, run: RunId, options: ClusterServicesOptions = {}): Promise<ClusterServices> {
  const { image = 'fleetwright/infra:latest', timeoutMs = 60_000, signal } = options;
  const info = await inTurn(turnOf(cluster), async () => {
    const running = await findRunning(docker, cluster, { signal });
    if (running) return running;
    const network = await ensureNetwork(docker, cluster, run, { signal });
    return prepareContainer(docker, servicesSpec(cluster, run, network, image), { signal });
  });
  const change = await startContainer(docker, info, { signal });
  if (change !== 'none') recordEffect({ effect: change === 'created' ? 'create-services' : 'start-services', cluster, key: info.Name.slice(1), run });
  const ready = await waitFor(() => findReady(docker, cluster, { signal }), { timeoutMs, signal });
  if (ready) return ready;
  throw new TransientError(`the cluster's services do not answer after ${timeoutMs / 1000} s${await lastWords(docker, info.Id, { signal })}`);
}

/** The services of a cluster when they run, else undefined. */
export async function findClusterServices(docker: Docker, cluster: ClusterName, options: CallOptions = {}): Promise<ClusterServices | undefined> {
  const info = await findRunning(docker, cluster, options);
  return info && describeServices(info);
}

/** Whether the cluster has its services' container, running or not. */
export async function hasClusterServices(docker: Docker, cluster: ClusterName, options: CallOptions = {}): Promise<boolean> {
  const filters = clusterFilter(cluster, `${LABEL.role}=${SERVICES_ROLE}`);
  return (await engineCall("look for the cluster's services", (abortSignal) => docker.listContainers({ all: true, filters, abortSignal }), options)).length > 0;
}

/**
 * Removes the container; a no-op when there is none. The provider's `deleteCluster` does it too.
 * @param options.startedBy only what this run made
 */
export async function deleteClusterServices(docker: Docker, cluster: ClusterName, options: { readonly startedBy?: RunId } = {}): Promise<Removal> {
  const made = options.startedBy === undefined ? [] : [`${LABEL.run}=${options.startedBy}`];
  return removeLabelled(docker, cluster, { labels: [`${LABEL.role}=${SERVICES_ROLE}`, ...made] });
}

async function findRunning(docker: Docker, cluster: ClusterName, options: CallOptions): Promise<Docker.ContainerInspectInfo | undefined> {
  const info = await inspectContainer(docker, servicesContainerName(cluster), options);
  const labels = info?.Config.Labels ?? {};
  const ours = labels[LABEL.cluster] === cluster && labels[LABEL.role] === SERVICES_ROLE;
  return ours && info?.State.Status === 'running' ? info : undefined;
}

async function findReady(docker: Docker, cluster: ClusterName, options: CallOptions): Promise<ClusterServices | undefined> {
  const info = await findRunning(docker, cluster, options);
  if (!info) throw new TransientError("the container of the cluster's services ended while they started");
  const services = await describeServices(info);
  if (!services) return undefined;
  const { etcd, registry, discovery } = await urls(info);
  const looks = await Promise.all([answers(`${registry}/v2/`, options.signal), answers(`${etcd}/health`, options.signal), answers(`${discovery}/health`, options.signal)]);
  return looks.every(Boolean) ? services : undefined;
}

/** Undefined while Docker has not yet published the ports. */
async function describeServices(info: Docker.ContainerInspectInfo): Promise<ClusterServices | undefined> {
  const address = info.Config.Labels[LABEL.address] ?? '';
  const registryPort = publishedPort(info, SERVICE_PORT.registry);
  if (!registryPort) return undefined;
  const { discovery, etcd } = await urls(info);
  return {
    address,
    registryHostPort: `127.0.0.1:${registryPort}`,
    discoveryService: `http://${address}:${SERVICE_PORT.discovery}`,
    discoveryFromHere: discovery,
    etcdFromHere: etcd,
  };
}

function urls(info: Docker.ContainerInspectInfo): Promise<Record<keyof typeof SERVICE_PORT, string>> {
  const address = info.Config.Labels[LABEL.address] ?? '';
  const published = (name: keyof typeof SERVICE_PORT) => publishedPort(info, SERVICE_PORT[name]);
  return baseUrls(address, SERVICE_PORT, { etcd: published('etcd'), registry: published('registry'), discovery: published('discovery') });
}

function publishedPort(info: Docker.ContainerInspectInfo, port: number): string | undefined {
  return info.NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort;
}

function servicesSpec(cluster: ClusterName, run: RunId, network: ClusterNetwork, image: string): ContainerSpec {
  const address = addressIn(network.subnet, SERVICES_NUMBER);
  const labels = { [LABEL.cluster]: cluster, [LABEL.run]: run, [LABEL.role]: SERVICES_ROLE, [LABEL.address]: address };
  const ports = Object.values(SERVICE_PORT).map((port) => `${port}/tcp`);
  return {
    name: servicesContainerName(cluster),
    image,
    labels,
    options: {
      Hostname: 'infra',
      Env: [`PUBLIC_ADDRESS=${address}`],
      ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
      HostConfig: {
        NetworkMode: network.name,
        RestartPolicy: { Name: 'unless-stopped' },
        PortBindings: Object.fromEntries(ports.map((port) => [port, [{ HostIp: '127.0.0.1', HostPort: '' }]])),
        Mounts: [volumeMount(REGISTRY_VOLUME, '/var/lib/registry', {})],
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } },
      },
      NetworkingConfig: { EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: address } } } },
    },
  };
}
