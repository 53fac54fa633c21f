/** Settings as others need them: the SDK's connections, and the environment of another process. */
import { createHmac } from 'node:crypto';
import type { Secret } from '../secret.js';
import type { Environment, TemporalSettings } from './settings.js';

/** What `Connection.connect` of @temporalio/client and `NativeConnection.connect` of @temporalio/worker both take. It holds the secrets: give it to them and to nothing else. */
export interface ConnectionOptions {
  readonly address: string;
  readonly tls: false | {
    readonly serverNameOverride?: string;
    readonly serverRootCACertificate?: Uint8Array;
    readonly clientCertPair?: { readonly crt: Uint8Array; readonly key: Uint8Array };
  };
  readonly apiKey?: string;
  readonly metadata: Record<string, string>;
}

export function connectionOptions(settings: TemporalSettings): ConnectionOptions {
  const { tls, apiKey } = settings;
  return {
    address: settings.address,
    tls: tls === undefined ? false : {
      ...(tls.serverName ? { serverNameOverride: tls.serverName } : {}),
      ...(tls.serverCaCert ? { serverRootCACertificate: Buffer.from(tls.serverCaCert) } : {}),
      ...(tls.client ? { clientCertPair: { crt: Buffer.from(tls.client.cert), key: Buffer.from(tls.client.key.reveal()) } } : {}),
    },
    ...(apiKey ? { apiKey: apiKey.reveal() } : {}),
    metadata: revealAll(settings.metadata),
  };
}

/**
 * The environment with which another process reads these same settings by `temporalSettings({}, env)`, wherever its working
 * directory is. It holds the secrets.
 * @param env variables of no concern to Temporal stay. @default process.env
 */
export function settingsEnvironment(settings: TemporalSettings, env: Environment = process.env): Record<string, string> {
  const { tls, apiKey } = settings;
  const others = Object.entries(env).filter((entry): entry is [string, string] =>
    entry[1] !== undefined && !/^TEMPORAL_(ADDRESS|NAMESPACE|API_KEY|TLS|TLS_.*|GRPC_META_.*)$/.test(entry[0]));
  return {
    ...Object.fromEntries(others),
    TEMPORAL_ADDRESS: settings.address,
    TEMPORAL_NAMESPACE: settings.namespace,
    TEMPORAL_TLS: String(tls !== undefined),
    ...(apiKey ? { TEMPORAL_API_KEY: apiKey.reveal() } : {}),
    ...(tls?.serverName ? { TEMPORAL_TLS_SERVER_NAME: tls.serverName } : {}),
    ...(tls?.serverCaCert ? { TEMPORAL_TLS_SERVER_CA_CERT_DATA: tls.serverCaCert } : {}),
    ...(tls?.client ? { TEMPORAL_TLS_CLIENT_CERT_DATA: tls.client.cert, TEMPORAL_TLS_CLIENT_KEY_DATA: tls.client.key.reveal() } : {}),
    ...Object.fromEntries(Object.entries(settings.metadata).map(([name, value]) =>
      [`TEMPORAL_GRPC_META_${name.toUpperCase().replaceAll('-', '_')}`, value.reveal()])),
  };
}

/** Two settings that connect alike have one fingerprint under one salt; nothing of a secret can be read from it. */
export function settingsFingerprint(settings: TemporalSettings, salt: string): string {
  const secret = JSON.stringify([connectionOptions(settings), settings.namespace]);
  return createHmac('sha256', salt).update(secret).digest('hex').slice(0, 16);
}

function revealAll(secrets: Readonly<Record<string, Secret>>): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]));
}
