/** The cluster's own services: one container with etcd, etcd-discovery and a registry, `.2` on the cluster's network. */
import type Docker from 'dockerode';
import type { ClusterName, RunId } from '../../../language/ids.js';
import type { Removal } from '../../provider.js';

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
  readonly signal?: AbortSignal;
}

/**
 * Starts the services unless they run, and waits until the registry, etcd and discovery answer. Safe to repeat.
 * @throws TransientError when they do not answer in time, PermanentError without the image
 */
export async function ensureClusterServices(_docker: Docker, _cluster: ClusterName, _run: RunId, _options: ClusterServicesOptions = {}): Promise<ClusterServices> {
  throw new Error('to be filled');
}

/** The services of a cluster when they run, else undefined. */
export async function findClusterServices(_docker: Docker, _cluster: ClusterName): Promise<ClusterServices | undefined> {
  throw new Error('to be filled');
}

/** Removes the container and the registry's volume; a no-op when there is none. The provider's `deleteCluster` does it too. */
export async function deleteClusterServices(_docker: Docker, _cluster: ClusterName): Promise<Removal> {
  throw new Error('to be filled');
}
