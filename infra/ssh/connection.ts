import type { Transport } from '../transport.js';
import type { HostKeyCheck } from './knownHosts.js';

export interface SshOptions {
  readonly host: string;
  /** @default 22 */
  readonly port?: number;
  readonly username: string;
  /** OpenSSH or PEM, not encrypted. */
  readonly privateKey: Buffer | string;
  /** Where the key came from, for messages. */
  readonly privateKeyPath?: string;
  readonly hostKey: HostKeyCheck;
  /** Milliseconds for connection and authentication together. @default 10000 */
  readonly readyTimeoutMs?: number;
  /** Ends the attempt to connect; a live connection is ended by `close`. */
  readonly signal?: AbortSignal;
}

/** A transport over one SSH connection. */
export interface SshTransport extends Transport {
  /** Whether the connection is gone: closed by us, by the server, or by silence for 6 s. */
  readonly closed: boolean;
}

/** @throws TransientError when the host does not answer; AuthenticationError; HostKeyError; PermanentError for a bad key */
export declare function connectSsh(options: SshOptions): Promise<SshTransport>;
