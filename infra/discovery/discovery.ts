/** Discovery URLs of etcd: where the members of a new cluster find each other (etcd's discovery protocol, v2). */
import type { ClusterName, RunId } from '../../language/ids.js';
import type { Provider } from '../provider.js';

export interface DiscoveryRequest {
  /**
   * What the user gave: a discovery URL (`https://discovery.etcd.io/<token>`), which is used as it is, or a service's address
   * (`https://discovery.etcd.io/new`), which is asked. Empty: the cluster's own service.
   */
  readonly url?: string;
  /** The cluster's own service: `http://10.210.7.2:8087`. */
  readonly service?: string;
  /** How many members the cluster has. */
  readonly size: number;
  /** etcd behind the cluster's own service: a URL that was made there and never used is then taken again. */
  readonly etcd?: string;
  /** For the ledger. */
  readonly cluster: ClusterName;
  readonly run: RunId;
  readonly signal?: AbortSignal;
  /** Of one request. @default 10000 */
  readonly timeoutMs?: number;
}

/**
 * A discovery URL for a new cluster of `size` members.
 * @throws InvalidInputError for an address that is none, TransientError when the service is down or answers 5xx or 429,
 *   PermanentError when it answers anything else that is not a URL
 */
export async function createDiscoveryUrl(_request: DiscoveryRequest): Promise<string> {
  throw new Error('to be filled');
}

/** The discovery URL with which the cluster's servers were booted: an existing cluster keeps its URL. Undefined when there are no servers. */
export async function discoveryUrlOf(provider: Provider, cluster: ClusterName): Promise<string | undefined> {
  const servers = await provider.listServers(cluster);
  return servers.map((server) => server.tags.discoveryUrl).find((url) => url !== '');
}
