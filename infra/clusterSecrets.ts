/** The database passwords of a cluster: made once, kept on its machines alone. */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { CommandError, PermanentError } from './errors.js';
import { Secret } from './secret.js';
import type { ExecOptions, Transport } from './transport.js';

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

const PASSWORD_BYTES = 24;
const TIMEOUT_MS = 30_000;

/**
 * Sees to it that every machine has the same `DB_ROOT_PASSWORD` and `DB_PASSWORD`: those of the first machine that has any, else new ones.
 * The machines must be those of one cluster, all of them: an absent one may hold other passwords.
 * @throws TransientError, CommandError (never with a password in it)
 */
export async function ensureClusterSecrets(machines: readonly Transport[], options: { readonly signal?: AbortSignal } = {}): Promise<ClusterSecrets> {
  const found = await Promise.all(machines.map((machine) => readSecrets(machine, options.signal)));
  const known = found.find((values) => values !== undefined);
  const values = known ?? { root: newPassword(), user: newPassword() };
  const text = `DB_ROOT_PASSWORD=${values.root}\nDB_PASSWORD=${values.user}\n`;
  const lacking = machines.filter((_, index) => found[index]?.root !== values.root || found[index]?.user !== values.user);
  // One machine first: were this run to end between two, the next one finds these passwords and does not make others.
  for (const group of [lacking.slice(0, 1), lacking.slice(1)]) await Promise.all(group.map((machine) => writeSecrets(machine, text, options.signal)));
  return { written: lacking.length, created: !known, rootPassword: new Secret(values.root), password: new Secret(values.user) };
}

interface Passwords {
  readonly root: string;
  readonly user: string;
}

function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url');
}

async function readSecrets(machine: Transport, signal?: AbortSignal): Promise<Passwords | undefined> {
  const argv = ['sudo', '-n', 'sh', '-c', '[ ! -e "$1" ] || cat -- "$1"', 'read-secrets', SECRETS_PATH];
  const { exitCode, stdout, stderr } = await machine.exec(argv, withSignal({ timeoutMs: TIMEOUT_MS }, signal));
  if (exitCode !== 0) throw new CommandError(['sudo', 'cat', SECRETS_PATH], exitCode, stderr);
  if (stdout === '') return undefined;
  const root = /^DB_ROOT_PASSWORD=([\w-]+)$/m.exec(stdout)?.[1];
  const user = /^DB_PASSWORD=([\w-]+)$/m.exec(stdout)?.[1];
  if (!root || !user) throw new PermanentError(`${SECRETS_PATH} on a machine is not as Fleetwright writes it`, 'Mend or remove it: without it, passwords are made anew.');
  return { root, user };
}

async function writeSecrets(machine: Transport, text: string, signal?: AbortSignal): Promise<void> {
  const argv = ['sudo', '-n', 'install', '-d', '-m', '0700', '-o', 'root', '-g', 'root', dirname(SECRETS_PATH)];
  const { exitCode, stderr } = await machine.exec(argv, withSignal({ timeoutMs: TIMEOUT_MS }, signal));
  if (exitCode !== 0) throw new CommandError(argv, exitCode, stderr);
  await machine.writeFile(SECRETS_PATH, text, { mode: 0o600, sudo: true });
}

function withSignal(options: ExecOptions, signal: AbortSignal | undefined): ExecOptions {
  return signal ? { ...options, signal } : options;
}
