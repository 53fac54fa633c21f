/** The database passwords of a cluster: made once, kept on its machines alone. */
import type { Transport } from './transport.js';
import type { Secret } from './secret.js';

/** Where the machines keep them: directory 0700, file 0600, root's; `NAME=value` lines for `docker run --env-file`. */
export const SECRETS_PATH = '/etc/fleetwright/secrets.env';

export interface ClusterSecrets {
  /** How many machines it was written to; the others had it. */
  readonly written: number;
  /** Whether the passwords are new: no machine had any. */
  readonly created: boolean;
  readonly rootPassword: Secret;
  readonly password: Secret;
}

/**
 * Sees to it that every machine has the same `DB_ROOT_PASSWORD` and `DB_PASSWORD`: those of the first machine that has any, else new ones.
 * @throws TransientError, CommandError (never with a password in it)
 */
export declare function ensureClusterSecrets(machines: readonly Transport[], options?: { readonly signal?: AbortSignal }): Promise<ClusterSecrets>;
