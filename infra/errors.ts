/** Errors of the world outside, as types. What is retryable is decided from the type alone, in `activities/failures.ts`. */

/** A fault that may pass by itself: a connection refused, a 5xx, a timeout. */
export class TransientError extends Error {
  override readonly name: string = 'TransientError';
}

/** A fault that stays until a person mends something. `remedy` says what to do, as one sentence. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';
  constructor(message: string, readonly remedy: string, options?: ErrorOptions) {
    super(`${message}\n  ${remedy}`, options);
  }
}

/** What a caller asked for is wrong (an unknown provider, a bad unit file): never retried. */
export class InvalidInputError extends PermanentError {
  override readonly name: string = 'InvalidInputError';
}

/** A command that ran and failed. The message can be pasted into a shell; stderr's tail is in it. */
export class CommandError extends TransientError {
  override readonly name: string = 'CommandError';
  constructor(readonly argv: readonly string[], readonly exitCode: number | null, readonly stderr: string) {
    super(`${argv.map(shellWord).join(' ')} exited with ${exitCode ?? 'a signal'}${stderr ? `:\n${stderr.trimEnd().slice(-3000)}` : ''}`);
  }
}

/** One word as a POSIX shell would need it: for messages and for the remote side of SSH. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
