/**
 * A session with a cloud: one login for all who ask, and requests that end.
 *
 * 1. Every request and every login has its own deadline; what has not answered by then is given up, and its connection closed.
 * 2. Only a 2xx is a success, and only with the body that was promised.
 * 3. A login is done once for all who wait for it. A request that is told 401 logs in anew, once.
 * 4. A request that reads or deletes is repeated when the cloud is not available; one that makes something only when it was surely not taken
 *    (429, no login, no connection). The caller hears of the rest as `CloudUnavailableError`, with whether it may have been done.
 * 5. No password, key or token is in a message: not the request's headers and body, nor the answer's headers.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { once } from '../once.js';
import { clientFor } from './client.js';
import type { CloudCredentials } from './credentials.js';
import { endpoint, onlyRegion } from './endpoints.js';
import { CloudLoginError, CloudRefusedError, CloudUnavailableError } from './errors.js';
import { failureOf, loginFailure, refusal } from './failures.js';
import type { PkgcloudClient, PkgcloudResponse } from './pkgcloud.js';

export type ServiceType = 'compute' | 'network';

export interface CloudRequest {
  /** Completes "could not …" in messages: `list the servers`. */
  readonly what: string;
  readonly service: ServiceType;
  /** @default GET */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Under the service's address: `servers/detail`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface SessionOptions {
  /** Milliseconds for one request. @default 60000 */
  readonly requestMs?: number;
  /** Milliseconds in all for the repetitions of one request, with the waits that the cloud asks for. @default 120000 */
  readonly patienceMs?: number;
  /** Milliseconds before the first repetition, twice as long before each next. @default 1000 */
  readonly pauseMs?: number;
}

const LONGEST_PAUSE_MS = 15_000;

export class CloudSession {
  readonly #client: PkgcloudClient;
  readonly #credentials: CloudCredentials;
  readonly #options: Required<SessionOptions>;
  #login = once(() => this.#logIn());
  #region = '';

  constructor(credentials: CloudCredentials, options: SessionOptions = {}) {
    this.#credentials = credentials;
    this.#client = clientFor(credentials);
    this.#options = { requestMs: 60_000, patienceMs: 120_000, pauseMs: 1_000, ...options };
  }

  /** Where the credentials were found; undefined where that is not known. */
  get from(): string | undefined {
    return this.#credentials.from;
  }

  /** The region whose services are used. @throws as `request` */
  async region(): Promise<string> {
    await this.#loggedIn();
    return this.#region;
  }

  /** Whether the cloud has such a service in the region. @throws as `request` */
  async has(service: ServiceType): Promise<boolean> {
    await this.#loggedIn();
    return endpoint(this.#client._identity, service, this.#region) !== undefined;
  }

  /**
   * Sends a request and gives what `read` makes of the answer's body; `read` gives undefined for a body that is not what was promised.
   * A request that makes something is waited for also when the signal aborts: what nobody knows of could not be undone.
   * @throws CloudUnavailableError, CloudRefusedError, CloudLoginError, QuotaError, CloudNameError (the region); the signal's reason
   */
  async request<T>(request: CloudRequest, read: (body: unknown) => T | undefined, signal?: AbortSignal): Promise<T> {
    const deadline = performance.now() + this.#options.patienceMs;
    for (let pause = this.#options.pauseMs; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      signal?.throwIfAborted();
      try {
        return await this.#once(request, read, request.method === 'POST' ? undefined : signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof CloudUnavailableError) || !mayRepeat(request, error)) throw error;
        const waitMs = Math.max(error.details.retryAfterMs ?? 0, pause);
        if (performance.now() + waitMs > deadline) throw error;
        await delay(waitMs, undefined, signal ? { signal } : {}).catch(() => undefined);
      }
    }
  }

  async #once<T>(request: CloudRequest, read: (body: unknown) => T | undefined, signal?: AbortSignal): Promise<T> {
    const first = await this.#send(request, signal);
    const { status, headers, body } = first.status === 401 ? await this.#sendAgain(request, first.token, signal) : first;
    if (status < 200 || status > 299) throw refusal(request.what, { status, headers, body });
    const value = read(body);
    if (value !== undefined) return value;
    throw new CloudUnavailableError(`could not ${request.what}: the answer is not what the API promises`, { ambiguous: true, status });
  }

  /** The token is not good any more: a new one, unless another request has got one meanwhile. */
  async #sendAgain(request: CloudRequest, refused: string | undefined, signal?: AbortSignal): Promise<Answer> {
    if (this.#client._identity.token?.id === refused) this.#client._identity.token = undefined;
    const answer = await this.#send(request, signal);
    if (answer.status !== 401) return answer;
    throw new CloudLoginError(`could not ${request.what}: the cloud does not accept the token that it has just given`, 'Check that the credentials are for this cloud and project.');
  }

  async #send(request: CloudRequest, signal?: AbortSignal): Promise<Answer> {
    await this.#loggedIn();
    const { what, service, method = 'GET', path, query, body } = request;
    const base = endpoint(this.#client._identity, service, this.#region);
    if (base === undefined) throw new CloudRefusedError(`could not ${what}: the cloud has no ${service} service in ${this.#region}`, 404);
    const token = this.#client._identity.token?.id;
    const answer = await this.#call(what, signal, (done) =>
      this.#client._request({ method, uri: `${base}/${path}`, ...(query ? { qs: query } : {}), ...(body === undefined ? {} : { body }) }, done));
    return { ...answer, token };
  }

  async #loggedIn(): Promise<void> {
    const { token } = this.#client._identity;
    if (token && token.expires.getTime() - Date.now() > MARGIN_MS) return;
    const login = this.#login;
    await login().catch((error: unknown) => {
      // What the login is for has not been sent.
      throw error instanceof CloudUnavailableError ? new CloudUnavailableError(error.message, { ...error.details, ambiguous: false }) : error;
    });
    // The next one who finds the token gone starts a login of their own.
    if (this.#login === login) this.#login = once(() => this.#logIn());
  }

  async #logIn(): Promise<void> {
    const { _identity: identity } = this.#client;
    await this.#call('log in', undefined, (done) => {
      identity.authorize((error) => done(error, {}, { statusCode: 200, headers: {} }));
      return { abort: () => undefined };
    }).then(({ status, headers, body }) => {
      if (status !== 200) throw loginFailure({ status, headers, body });
      if (!identity.token?.id || Number.isNaN(identity.token.expires?.getTime())) throw new CloudUnavailableError('could not log in: the answer holds no token', { ambiguous: false });
    });
    this.#region = this.#credentials.region ?? onlyRegion(identity);
    // Without it pkgcloud would log in by itself before each request.
    this.#client._serviceUrl = endpoint(identity, 'compute', this.#region) ?? 'none';
  }

  /** One callback of pkgcloud's, or the deadline. */
  #call(what: string, signal: AbortSignal | undefined, start: (done: Callback) => { abort(): void }): Promise<Answer> {
    const { requestMs } = this.#options;
    return new Promise((resolve, reject) => {
      const limits = signal ? AbortSignal.any([signal, AbortSignal.timeout(requestMs)]) : AbortSignal.timeout(requestMs);
      let running: { abort(): void } | undefined;
      const giveUp = (): void => {
        running?.abort();
        reject(signal?.aborted ? signal.reason : new CloudUnavailableError(`could not ${what}: the cloud did not answer in ${requestMs / 1000} s`, { ambiguous: true }));
      };
      limits.addEventListener('abort', giveUp, { once: true });
      const done: Callback = (error, body, response) => {
        limits.removeEventListener('abort', giveUp);
        const failed = error === undefined || error === null ? undefined : failureOf(what, error);
        if (failed instanceof Error) reject(failed);
        else resolve(failed ?? { status: response?.statusCode ?? 0, headers: response?.headers ?? {}, body });
      };
      try {
        running = start(done);
      } catch (error) {
        done(error);
      }
    });
  }
}

/** How long before its end a token is not used any more. */
const MARGIN_MS = 60_000;

interface Answer {
  readonly status: number;
  readonly headers: PkgcloudResponse['headers'];
  readonly body: unknown;
  /** With which it was asked. */
  readonly token?: string | undefined;
}

type Callback = (error: unknown, body?: unknown, response?: PkgcloudResponse) => void;

/** What makes something is asked for again only when it was surely not taken. */
function mayRepeat({ method = 'GET' }: CloudRequest, { details }: CloudUnavailableError): boolean {
  return method !== 'POST' || !details.ambiguous;
}
