/** A provider boots, lists and deletes servers. The provider is the state: there is no file of ours that says what exists. */
import type { ClusterName, MachineName, RunId } from '../language/ids.js';

/** Tags that every server of ours carries. */
export interface ServerTags {
  readonly cluster: ClusterName;
  /** The run that booted it. */
  readonly run: RunId;
  /** The discovery URL it was booted with. */
  readonly discoveryUrl: string;
}

export interface Server {
  readonly name: MachineName;
  /** The provider's id. */
  readonly id: string;
  readonly tags: ServerTags;
  readonly state: 'starting' | 'running' | 'stopped' | 'error';
  readonly privateAddress: string;
  /** Reachable from here. */
  readonly publicAddress: string;
}

export interface ServerRequest {
  readonly name: MachineName;
  readonly tags: ServerTags;
  /** cloud-init user-data, whole. */
  readonly userData: string;
  /** OpenSSH public key line, reaches the server in its meta-data. */
  readonly publicKey: string;
  /** Names what the server's Docker will be asked for: servers of one host with the same set share it, where the provider can. @default nothing is shared */
  readonly imageSet?: string;
}

export interface Removal {
  /** `server core01`, `network fleetwright-demo`, ... */
  readonly removed: readonly string[];
  /** What could not be removed, each with its reason. */
  readonly left: readonly string[];
}

export interface Provider {
  readonly name: string;
  /** All servers with this cluster's tag, by name. An empty list when there is none. */
  listServers(cluster: ClusterName): Promise<readonly Server[]>;
  /**
   * Boots the server unless one of that name and cluster is there; starts it again when it is stopped; replaces it when it is
   * in error. Safe to repeat after a lost answer: there is never a second server.
   * @throws TransientError, PermanentError
   */
  ensureServer(request: ServerRequest, signal?: AbortSignal): Promise<Server>;
  /** Deletes the server and its disks. "Not found" is success. */
  deleteServer(cluster: ClusterName, name: MachineName): Promise<Removal>;
  /** Deletes all that carries the cluster's tag (servers, networks, volumes). A no-op when there is nothing. */
  deleteCluster(cluster: ClusterName): Promise<Removal>;
}
