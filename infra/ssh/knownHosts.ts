/** Host keys: which server is really the one that we mean. */
import type { ClusterName } from '../../language/ids.js';

/** Decides about the key that a server presents. */
export interface HostKeyCheck {
  /**
   * @param key the public key in SSH's wire format
   * @throws HostKeyError when the key may not be trusted
   */
  check(host: string, port: number, key: Buffer): Promise<void>;
}

/** `SHA256:…`, as OpenSSH prints it. */
export declare function fingerprint(key: Buffer): string;
/** Accepts exactly the key with this fingerprint (`SHA256:…`). */
export declare function pinnedHostKey(expected: string): HostKeyCheck;
/**
 * The cluster's `known_hosts` file (OpenSSH's format). A host that is not in it is added on first contact when `trustNew`
 * (machines that the run booted), else refused; a changed key is always refused, with both fingerprints.
 */
export declare function clusterKnownHosts(cluster: ClusterName, options: { readonly trustNew: boolean }): HostKeyCheck;
/** Forgets a host's key: its server was deleted or made anew. A host that is not known is fine. @default port 22 */
export declare function forgetHost(cluster: ClusterName, host: string, port?: number): Promise<void>;
