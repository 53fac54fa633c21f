/** What went wrong with one request, as one of our errors. */
import { CloudLoginError, CloudRefusedError, CloudUnavailableError, QuotaError } from './errors.js';
import type { PkgcloudResponse } from './pkgcloud.js';
import { cloudSays, retryAfterMs } from './says.js';

export interface FailedAnswer {
  readonly status: number;
  readonly headers: PkgcloudResponse['headers'];
  readonly body: unknown;
}

/** Where nothing can have reached the cloud. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID']);

/** pkgcloud's error as the answer that it stands for, or as an error of ours where there was no answer. */
export function failureOf(what: string, error: unknown): FailedAnswer | Error {
  const { statusCode, headers, result, code, message } = error as { statusCode?: number; headers?: FailedAnswer['headers']; result?: unknown; code?: string; message?: string };
  if (typeof statusCode === 'number') return { status: statusCode, headers: headers ?? {}, body: unwrapped(result) };
  return new CloudUnavailableError(`could not ${what}: ${code ?? 'the answer cannot be read'}${code && message ? ` (${message})` : ''}`, { ambiguous: !NOT_SENT.has(code ?? '') });
}

/** A body that is no JSON comes as `{err: body}`. */
function unwrapped(result: unknown): unknown {
  return typeof result === 'object' && result !== null && Object.keys(result).join() === 'err' ? (result as { err: unknown }).err : result;
}

/** What an answer that is no success means. */
export function refusal(what: string, { status, headers, body }: FailedAnswer): Error {
  const says = cloudSays(body);
  const text = `could not ${what}: the cloud says ${status}${says ? ` ${says}` : ''}`;
  const waitMs = retryAfterMs(headers['retry-after']);
  // Rackspace and old Novas say "over limit" with 413.
  if (status === 429 || (status === 413 && waitMs !== undefined)) return new CloudUnavailableError(text, { ambiguous: false, status, retryAfterMs: waitMs });
  if ((status === 403 || status === 413 || status === 409) && /quota|over ?limit|exceed/i.test(says)) return new QuotaError(text);
  if (status === 408 || status >= 500 || status < 400) return new CloudUnavailableError(text, { ambiguous: true, status, retryAfterMs: waitMs });
  if (status === 403) return new CloudRefusedError(text, status, 'Ask for the right to do this in the project, or use other credentials.');
  return new CloudRefusedError(text, status);
}

/** What an answer to a login that is no success means. */
export function loginFailure(answer: FailedAnswer): Error {
  const { status, body } = answer;
  if (status !== 400 && status !== 401 && status !== 403 && status !== 404) return refusal('log in', answer);
  const says = cloudSays(body);
  if (status === 404) return new CloudLoginError(`could not log in: the cloud says 404${says ? ` ${says}` : ''}`, 'Check the address of the identity service (OS_AUTH_URL): it is the one that ends with :5000 or /v3.');
  return new CloudLoginError(`could not log in: the cloud says ${status}${says ? ` ${says}` : ''}`, 'Check the user, the password or key, the project and their domains (OS_* variables or clouds.yaml).');
}
