/** A provider boots, lists and deletes servers. The provider is the state: there is no file of ours that says what exists. */
import { parseMachineName, type ClusterName, type MachineName, type RunId } from '../language/ids.js';
import type { HostCheck } from './host/checks.js';
import type { SshLogin } from './ssh/connection.js';

/** Tags that every server of ours carries. */
export interface ServerTags {
  readonly cluster: ClusterName;
  /** The run that booted it. */
  readonly run: RunId;
  /** The discovery URL it was booted with; empty where the cluster's own service, on its first machine, was to give one. */
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
  /** fleet's metadata of the machine, beside `hostname`. @default none */
  readonly labels?: Readonly<Record<string, string>>;
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
  /** Whether servers are containers on this host's Docker engine, with the cluster's services beside them, or are somewhere else: see `site/site.ts`. */
  readonly place: 'here' | 'elsewhere';
  /**
   * The names of the first `count` servers of any cluster, the same at each call: `core01`, `core02`, ..., or those that the user gave.
   * @throws InvalidInputError when there cannot be so many
   */
  machineNames(count: number): Promise<readonly MachineName[]>;
  /**
   * Faults that can be known before anything is made, and what is well: settings, login, quota, room. Makes and changes nothing.
   * @throws TransientError when it cannot be known now; InvalidInputError for settings that are wrong
   */
  check(cluster: ClusterName, needs: ProviderNeeds): Promise<readonly HostCheck[]>;
  /** All servers with this cluster's tag, by name. An empty list when there is none. */
  listServers(cluster: ClusterName): Promise<readonly Server[]>;
  /**
   * Boots the server unless one of that name and cluster is there; starts it again when it is stopped; replaces it when it is
   * in error. Safe to repeat after a lost answer: there is never a second server.
   * @throws TransientError, PermanentError
   */
  ensureServer(request: ServerRequest, signal?: AbortSignal): Promise<Server>;
  /** How to log in to a server: where, as whom, with what, and which host key it must have. Opens nothing. */
  login(cluster: ClusterName, server: Server): Promise<SshLogin>;
  /** Deletes the server and its disks. "Not found" is success. */
  deleteServer(cluster: ClusterName, name: MachineName): Promise<Removal>;
  /** Deletes all that carries the cluster's tag (servers, networks, volumes). A no-op when there is nothing. */
  deleteCluster(cluster: ClusterName): Promise<Removal>;
}

export interface ProviderNeeds {
  /** How many machines the cluster shall have. */
  readonly machines: number;
}

/** What the user says of a provider, by the names of the run's inputs (`inventory`, `flavor`, ...). Each provider reads its own. */
export type ProviderSettings = Readonly<Record<string, string>>;

/** `core01`, `core02`, ...: the names of servers that nobody has named. */
export function numberedNames(count: number): readonly MachineName[] {
  return Array.from({ length: count }, (_, i) => parseMachineName(`core${String(i + 1).padStart(2, '0')}`));
}
