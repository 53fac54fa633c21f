/**
 * `sudo -n` as a machine needs it: commands ask for root with it, and this is the one place that knows how root is got there.
 *
 * With a password, sudo reads it from its standard input, or does not (NOPASSWD): what follows must begin at the same place either way. So a mark
 * stands behind the password, and a shell that runs as root reads up to it.
 */
import { randomBytes } from 'node:crypto';
import { PermanentError } from '../errors.js';
import type { Secret } from '../secret.js';

/** How root is got: the user is root; sudo asks for nothing; sudo asks for this password. */
export type SudoWay = 'root' | 'free' | Secret;

export interface Elevated {
  readonly argv: readonly string[];
  readonly stdin?: string | Buffer;
}

const READ_TO_MARK = 'while IFS= read -r line; do [ "$line" != "$0" ] || exec "$@"; done; exit 1';

/** The command as it is sent. One that does not begin with `sudo -n` stays as it is. */
export function elevate(argv: readonly string[], stdin: string | Buffer | undefined, way: SudoWay): Elevated {
  const same = { argv, ...(stdin === undefined ? {} : { stdin }) };
  if (way === 'free' || argv[0] !== 'sudo' || argv[1] !== '-n') return same;
  const command = argv.slice(argv[2] === '--' ? 3 : 2);
  if (way === 'root') return { ...same, argv: command };
  const mark = randomBytes(16).toString('hex');
  return {
    argv: ['sudo', '-S', '-p', '', '--', 'sh', '-c', READ_TO_MARK, mark, ...command],
    stdin: Buffer.concat([Buffer.from(`${way.reveal()}\n${mark}\n`), Buffer.from(stdin ?? '')]),
  };
}

/** What sudo's refusal means; undefined for any other failure of a command. */
export function sudoProblem(place: string, user: string, stderr: string): PermanentError | undefined {
  if (/a password is required|a terminal is required/.test(stderr)) {
    return new PermanentError(`sudo on ${place} asks ${user} for a password`, 'Give it as the secret SUDO_PASSWORD (FLEETWRIGHT_SECRET_SUDO_PASSWORD in the environment), or let the user use sudo without one.');
  }
  if (/Sorry, try again|incorrect password attempt/.test(stderr)) return new PermanentError(`sudo on ${place} does not take the password of ${user}`, 'Check the secret SUDO_PASSWORD.');
  if (/is not in the sudoers file|may not run sudo|not allowed to (?:execute|run)/.test(stderr)) return new PermanentError(`${user} may not use sudo on ${place}`, 'Let the user use sudo, or log in as one who may.');
  return undefined;
}
