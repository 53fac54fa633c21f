/** An argument list as the one string that SSH's `exec` request carries to the user's shell (RFC 4254, 6.5). */
import { InvalidInputError, shellWord } from '../errors.js';

/**
 * `exec` in front replaces the shell, so that a signal reaches the command itself and its first word is never read as a keyword or an assignment.
 * @throws InvalidInputError for an empty list, a NUL character, or a command that starts with a dash
 */
export function remoteCommand(argv: readonly string[]): string {
  const [command] = argv;
  if (!command || command.startsWith('-')) {
    throw new InvalidInputError(`${JSON.stringify(command ?? '')} is not a command`, 'Give the name or the path of a program.');
  }
  if (argv.some((word) => word.includes('\0'))) {
    throw new InvalidInputError('an argument holds a NUL character', 'No program can be given one: take it out.');
  }
  return `exec ${argv.map(shellWord).join(' ')}`;
}
