/**
 * Where Temporal is and how to reach it: from flags, then from Temporal's own environment variables.
 * @see https://docs.temporal.io/references/client-environment-configuration
 */
import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../errors.js';
import { Secret } from '../secret.js';
import { truth } from '../values/truth.js';

export interface TemporalSettings {
  /** `host:port`; an IPv6 host is in brackets. */
  readonly address: string;
  readonly namespace: string;
  /** No address was given: the server is ours to start, on this host's loopback. */
  readonly own: boolean;
  /** The port of our own server's UI. */
  readonly uiPort: number;
  /** Absent for a connection without TLS. */
  readonly tls?: TlsSettings;
  readonly apiKey?: Secret;
  /** Headers of every request, from TEMPORAL_GRPC_META_*: lower-case names with dashes. */
  readonly metadata: Readonly<Record<string, Secret>>;
}

/** All absent: TLS as the system trusts it. */
export interface TlsSettings {
  /** The name in the server's certificate, where it is not the address's host. */
  readonly serverName?: string;
  /** PEM. */
  readonly serverCaCert?: string;
  /** PEM; both or none. */
  readonly client?: { readonly cert: string; readonly key: Secret };
}

/** What the command line can say; each goes before its environment variable. */
export interface TemporalFlags {
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
  readonly tls?: boolean | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_PORT = 7233;
export const DEFAULT_UI_PORT = 8233;
export const DEFAULT_NAMESPACE = 'default';

const META_PREFIX = 'TEMPORAL_GRPC_META_';

/**
 * @param flags as given on the command line
 * @param env @default process.env. An empty variable counts as absent.
 * @throws InvalidInputError naming the variable, when one is malformed or its file cannot be read
 */
export function temporalSettings(flags: TemporalFlags = {}, env: Environment = process.env): TemporalSettings {
  const given = flags.address || env['TEMPORAL_ADDRESS'];
  const apiKey = env['TEMPORAL_API_KEY'];
  const metadata = metadataFrom(env);
  const tls = tlsFrom(flags, env, Boolean(apiKey));
  if (apiKey && metadata['authorization']) {
    throw new InvalidInputError(`TEMPORAL_API_KEY and ${META_PREFIX}AUTHORIZATION are both set`, 'Unset one of them.');
  }
  if (!given && (tls || apiKey)) {
    throw new InvalidInputError(`${apiKey ? 'TEMPORAL_API_KEY is set' : 'TLS is asked for'}, but no address of a Temporal server is given`,
      'Give --address or TEMPORAL_ADDRESS; or unset the TEMPORAL_ variables to use a server of your own on this host.');
  }
  return {
    address: given ? parseAddress(given) : `127.0.0.1:${portFrom(env, 'FLEETWRIGHT_TEMPORAL_PORT', DEFAULT_PORT)}`,
    namespace: flags.namespace || env['TEMPORAL_NAMESPACE'] || DEFAULT_NAMESPACE,
    own: !given,
    uiPort: portFrom(env, 'FLEETWRIGHT_UI_PORT', DEFAULT_UI_PORT),
    ...(tls ? { tls } : {}),
    ...(apiKey ? { apiKey: new Secret(apiKey) } : {}),
    metadata,
  };
}

/** The port of the address. */
export function portOf(settings: Pick<TemporalSettings, 'address'>): number {
  return Number(settings.address.slice(settings.address.lastIndexOf(':') + 1));
}

function tlsFrom(flags: TemporalFlags, env: Environment, hasApiKey: boolean): TlsSettings | undefined {
  const serverName = env['TEMPORAL_TLS_SERVER_NAME'];
  const serverCaCert = pem(env, 'TEMPORAL_TLS_SERVER_CA_CERT');
  const cert = pem(env, 'TEMPORAL_TLS_CLIENT_CERT');
  const key = pem(env, 'TEMPORAL_TLS_CLIENT_KEY');
  if (Boolean(cert) !== Boolean(key)) {
    const missing = cert ? 'TEMPORAL_TLS_CLIENT_KEY_PATH' : 'TEMPORAL_TLS_CLIENT_CERT_PATH';
    throw new InvalidInputError(`${missing} is missing`, 'A client certificate and its key are given together.');
  }
  if (truth(env, 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION')) {
    throw new InvalidInputError(
      'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is not supported: a connection that any host can answer is not safe',
      "Give the server's own authority in TEMPORAL_TLS_SERVER_CA_CERT_PATH, or its name in TEMPORAL_TLS_SERVER_NAME.",
    );
  }
  const implied = hasApiKey || Boolean(serverName || serverCaCert || cert);
  if (!(flags.tls ?? truth(env, 'TEMPORAL_TLS') ?? implied)) return undefined;
  return {
    ...(serverName ? { serverName } : {}),
    ...(serverCaCert ? { serverCaCert } : {}),
    ...(cert && key ? { client: { cert, key: new Secret(key) } } : {}),
  };
}

/** A PEM text, from the variable `…_DATA` or the file that `…_PATH` names. */
function pem(env: Environment, name: string): string | undefined {
  const [data, path] = [env[`${name}_DATA`], env[`${name}_PATH`]];
  if (data && path) throw new InvalidInputError(`${name}_DATA and ${name}_PATH are both set`, 'Unset one of them.');
  if (!path) return data || undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`${name}_PATH: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      'Name a PEM file that this user can read.');
  }
}

function metadataFrom(env: Environment): Record<string, Secret> {
  const entries = Object.entries(env).filter(([name, value]) => name.startsWith(META_PREFIX) && value);
  return Object.fromEntries(entries.map(([name, value]) =>
    [name.slice(META_PREFIX.length).toLowerCase().replaceAll('_', '-'), new Secret(value ?? '')]));
}

function portFrom(env: Environment, name: string, fallback: number): number {
  const text = env[name];
  if (!text) return fallback;
  if (!isPort(text)) throw new InvalidInputError(`${name} is ${JSON.stringify(text)}`, 'Use a port number, 1 to 65535.');
  return Number(text);
}

function parseAddress(text: string): string {
  const match = /^(?<host>\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(?<port>\d+))?$/.exec(text);
  const { host, port = String(DEFAULT_PORT) } = match?.groups ?? {};
  if (!host || !isPort(port)) {
    throw new InvalidInputError(`${JSON.stringify(text)} is not the address of a Temporal server`,
      'Use HOST:PORT, as in 127.0.0.1:7233 (in --address or TEMPORAL_ADDRESS).');
  }
  return `${host}:${port}`;
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}
