import type { SshOptions, SshTransport } from './connection.js';

export interface WaitForSshOptions extends SshOptions {
  /** Milliseconds in all. */
  readonly timeoutMs: number;
  /** For how long a refused user or key counts as "still booting". @default 30000 */
  readonly authGraceMs?: number;
  /** Called after each failed look, for heartbeats and progress. */
  readonly onAttempt?: (error: Error) => void;
}

/**
 * Connects as soon as the server lets us in.
 * @throws TransientError after `timeoutMs`; AuthenticationError after `authGraceMs`; HostKeyError at once
 */
export declare function waitForSsh(options: WaitForSshOptions): Promise<SshTransport>;
