/** The SSH key of a cluster. */
import type { ClusterName } from '../../language/ids.js';

export interface ClusterKey {
  readonly privateKeyPath: string;
  /** OpenSSH format. Never to be logged. */
  readonly privateKey: Buffer;
  /** One line in OpenSSH's format, without a line end. */
  readonly publicKey: string;
}

/**
 * The key at `givenPath`, or the cluster's own: an ed25519 key in `clusterDir(cluster, 'id_ed25519')`, mode 0600, made at
 * the first call; two callers at once get the same key. An empty `givenPath` is none.
 * @throws InvalidInputError naming the path, when the given file is missing, unreadable, encrypted or no private key
 */
export declare function ensureClusterKey(cluster: ClusterName, givenPath?: string): Promise<ClusterKey>;
