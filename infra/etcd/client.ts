/** etcd's v2 keys and members API (etcd v3.4, Documentation/v2/api.md and members_api.md), and the discovery service, which speaks the same. */
import type { Transport } from '../transport.js';

export interface EtcdNode {
  /** `/services/web/01`. */
  readonly key: string;
  /** Absent for a directory. */
  readonly value?: string;
  /** Seconds left, where it has a time to live. */
  readonly ttl?: number;
  readonly nodes?: readonly EtcdNode[];
}

export interface EtcdMember {
  readonly id: string;
  /** Empty while a member that was added has not joined yet. */
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
}

export interface EtcdOptions {
  /** Of each request, in milliseconds. @default 10000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** All methods throw TransientError (no answer, 5xx, no leader) or PermanentError (other 4xx, with etcd's words). */
export declare class EtcdClient {
  private constructor();
  /** The etcd of a machine, at its own 127.0.0.1:2379, through the transport. */
  static onMachine(transport: Transport, options?: EtcdOptions): EtcdClient;
  /** An etcd that is reachable from here, by its client URL: `http://10.210.7.2:2379`. */
  static at(url: string, options?: EtcdOptions): EtcdClient;
  /** undefined when there is no such key. */
  get(key: string, options?: { readonly recursive?: boolean }): Promise<EtcdNode | undefined>;
  /** The leaves under a directory, by key; empty when there is no such directory. */
  leaves(directory: string): Promise<ReadonlyMap<string, string>>;
  /** @param ttlSeconds @default none */
  set(key: string, value: string, options?: { readonly ttlSeconds?: number }): Promise<void>;
  /** false when there was none. */
  delete(key: string, options?: { readonly recursive?: boolean }): Promise<boolean>;
  /** Whether this member is healthy (has a leader and can write). Does not throw for an unhealthy one. */
  healthy(): Promise<boolean>;
  members(): Promise<readonly EtcdMember[]>;
  /** "Not found" and "already removed" are done. */
  removeMember(id: string): Promise<void>;
  /** A member of these peer URLs that is already there is returned as it is. */
  addMember(peerURLs: readonly string[]): Promise<EtcdMember>;
}
