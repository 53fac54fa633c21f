/** What a cloud says no with, as types, with the cloud's own words and never a credential. */
import { InvalidInputError, PermanentError, TransientError } from '../errors.js';

/**
 * The cloud did not answer, or its answer says nothing about what was asked: a refused or reset connection, a deadline, 429, 5xx, an answer that is
 * not what its API promises.
 */
export class CloudUnavailableError extends TransientError {
  override readonly name: string = 'CloudUnavailableError';
  constructor(message: string, readonly details: {
    /** Whether what was asked may have been done all the same. */
    readonly ambiguous: boolean;
    readonly status?: number | undefined;
    /** Milliseconds after which the cloud wants to be asked again. */
    readonly retryAfterMs?: number | undefined;
  }) {
    super(message);
  }
}

/** The cloud refuses what it was asked: a 4xx. */
export class CloudRefusedError extends PermanentError {
  override readonly name: string = 'CloudRefusedError';
  constructor(message: string, readonly status: number, remedy = 'See what the cloud says; its dashboard or the openstack command show the same.') {
    super(message, remedy);
  }
}

/** The credentials are wrong, or not complete. */
export class CloudLoginError extends PermanentError {
  override readonly name: string = 'CloudLoginError';
}

/** A name or an id stands for nothing in the cloud, or for more than one thing. */
export class CloudNameError extends InvalidInputError {
  override readonly name: string = 'CloudNameError';
}

/** The project may not have more of something. */
export class QuotaError extends PermanentError {
  override readonly name: string = 'QuotaError';
  constructor(message: string) {
    super(message, 'Delete what is not needed, ask for a higher quota, or take fewer or smaller machines; then run `fleetwright resume`.');
  }
}

/** No host of the cloud has room for such a server. */
export class NoValidHostError extends PermanentError {
  override readonly name: string = 'NoValidHostError';
  constructor(message: string) {
    super(message, 'Choose another flavor, availability zone or region, or try later with `fleetwright resume`.');
  }
}

/** A server went into error for a reason that is neither of the above, each time. */
export class BuildFailedError extends TransientError {
  override readonly name: string = 'BuildFailedError';
}

/** A server did not become active in time, each time. */
export class BuildTimeoutError extends TransientError {
  override readonly name: string = 'BuildTimeoutError';
}

/** A key of that name is in the cloud, and it is another key. */
export class KeyConflictError extends InvalidInputError {
  override readonly name: string = 'KeyConflictError';
}

/** Whether something may have been done although the call failed. */
export function isAmbiguous(error: unknown): boolean {
  return error instanceof CloudUnavailableError && error.details.ambiguous;
}

/** Whether the cloud says that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof CloudRefusedError && error.status === 404;
}

/** Whether the cloud says that it cannot do this just now: something else is using the thing. */
export function isConflict(error: unknown): boolean {
  return error instanceof CloudRefusedError && error.status === 409;
}
