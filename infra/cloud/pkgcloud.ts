/**
 * pkgcloud as far as it is used, with types of our own: it logs in, reads the service catalogue and sends requests. Its own methods for servers are
 * not used: they drop fields, call back for only some answers, and report a refused delete as done (docs/adr/0020-pkgcloud.md).
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface PkgcloudOptions {
  readonly provider: 'openstack' | 'rackspace';
  readonly authUrl?: string;
  readonly keystoneAuthVersion?: 'v3';
  readonly username?: string;
  readonly apiKey?: string;
  readonly strictSSL: boolean;
  /** Milliseconds before a token's end at which pkgcloud logs in by itself. */
  readonly earlyTokenTimeout: number;
  /** What makes the object that logs in. @default the provider's own */
  readonly identity?: unknown;
}

export interface PkgcloudIdentity {
  /** Undefined before the first login. */
  token?: { readonly id: string; readonly expires: Date } | undefined;
  readonly serviceCatalog?: { readonly services: Readonly<Record<string, PkgcloudService>> };
  options: Record<string, unknown>;
  authorize(callback: (error?: unknown) => void): void;
}

export interface PkgcloudService {
  readonly type?: string;
  readonly endpoints?: readonly PkgcloudEndpoint[];
}

/** Of Keystone v3 (`interface`, `url`) or v2.0 (`publicURL`). */
export interface PkgcloudEndpoint {
  readonly region?: string;
  readonly interface?: string;
  readonly url?: string;
  readonly publicURL?: string;
}

export interface PkgcloudRequest {
  readonly method: string;
  readonly uri: string;
  readonly qs?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface PkgcloudResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface PkgcloudClient {
  readonly _identity: PkgcloudIdentity;
  /** Where it believes the service to be: it takes itself for logged in only with one. */
  _serviceUrl: string | null;
  _request(request: PkgcloudRequest, callback: (error: unknown, body?: unknown, response?: PkgcloudResponse) => void): { abort(): void };
}

interface Pkgcloud {
  readonly compute: { createClient(options: PkgcloudOptions): PkgcloudClient };
}

type IdentityConstructor = new (options: Record<string, unknown>) => PkgcloudIdentity & { _authenticationPayload?: unknown; _buildAuthenticationPayload(): void };

const require = createRequire(import.meta.url);
/** Where the build puts pkgcloud with all that it needs, beside what it was built into. */
const BUNDLE = fileURLToPath(new URL('./pkgcloud.cjs', import.meta.url));

/** A client that has not logged in yet. Nobody listens to its `log::` events, which hold passwords. */
export function pkgcloudClient(options: PkgcloudOptions): PkgcloudClient {
  return (load('pkgcloud') as Pkgcloud).compute.createClient(options);
}

/** OpenStack's login of pkgcloud, with this as the body of its request: for what it knows no body for. */
export function identityWithPayload(payload: () => unknown): unknown {
  const { Identity } = load('identity') as { Identity: IdentityConstructor };
  return class extends Identity {
    override _buildAuthenticationPayload(): void {
      this._authenticationPayload = payload();
    }
  };
}

function load(what: 'pkgcloud' | 'identity'): unknown {
  if (existsSync(BUNDLE)) return (require(BUNDLE) as Record<string, unknown>)[what];
  return require(what === 'pkgcloud' ? 'pkgcloud' : 'pkgcloud/lib/pkgcloud/openstack/context');
}
