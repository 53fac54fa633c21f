/** SSH's own errors, as types that a waiting caller can tell apart. */
import { PermanentError } from '../errors.js';

/** The server refused the user and key. While a server boots its user may not be there yet: see `waitForSsh`. */
export class AuthenticationError extends PermanentError {
  override readonly name = 'AuthenticationError';
}

/** The host key is not the one that is known, or the host is not known and may not be trusted on first contact. */
export class HostKeyError extends PermanentError {
  override readonly name = 'HostKeyError';
}
