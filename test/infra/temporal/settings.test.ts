import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOptions, settingsEnvironment, settingsFingerprint } from '../../../infra/temporal/connection.js';
import { temporalSettings, type Environment, type TemporalFlags } from '../../../infra/temporal/settings.js';
import { Secret } from '../../../infra/secret.js';

const AT = { TEMPORAL_ADDRESS: 'temporal.example:7233' };
const KEY = 'key-that-nobody-sees';
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'fleetwright-settings-'));
  for (const name of ['cert', 'key', 'ca']) writeFileSync(join(dir, name), `${name} PEM`);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the settings of Temporal', () => {
  const cases: readonly [title: string, flags: TemporalFlags, env: Environment, expected: object][] = [
    ['are our own server on loopback by default', {}, {}, { address: '127.0.0.1:7233', namespace: 'default', own: true, uiPort: 8233 }],
    ['take other ports for our own server', {}, { FLEETWRIGHT_TEMPORAL_PORT: '7300', FLEETWRIGHT_UI_PORT: '8300' }, { address: '127.0.0.1:7300', own: true, uiPort: 8300 }],
    ['take the address from the environment', {}, AT, { address: 'temporal.example:7233', own: false }],
    ['put a flag before the environment', { address: '10.0.0.1', namespace: 'a' }, { ...AT, TEMPORAL_NAMESPACE: 'b' }, { address: '10.0.0.1:7233', namespace: 'a', own: false }],
    ['take an empty variable for an absent one', { address: '' }, { TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '', TEMPORAL_TLS: '' }, { own: true, namespace: 'default' }],
    ['know IPv6', { address: '[::1]:7000' }, {}, { address: '[::1]:7000' }],
    ['use TLS with an API key', {}, { ...AT, TEMPORAL_API_KEY: KEY }, { tls: {} }],
    ['use no TLS where it is refused', {}, { ...AT, TEMPORAL_API_KEY: KEY, TEMPORAL_TLS: 'false' }, { tls: undefined }],
    ['use TLS where it is asked for', {}, { ...AT, TEMPORAL_TLS: '1' }, { tls: {} }],
    ['put the TLS flag before the environment', { tls: false }, { ...AT, TEMPORAL_TLS: 'true' }, { tls: undefined }],
    ['use TLS when a name or certificate for it is given', {}, { ...AT, TEMPORAL_TLS_SERVER_NAME: 'name', TEMPORAL_TLS_SERVER_CA_CERT_DATA: 'PEM' }, { tls: { serverName: 'name', serverCaCert: 'PEM' } }],
  ];
  it.each(cases)('%s', (_title, flags, env, expected) => {
    const settings = { tls: undefined, ...temporalSettings(flags, env) };
    expect(settings).toMatchObject(expected);
  });

  it('become the options of a connection, with the files read', () => {
    const settings = temporalSettings({}, {
      ...AT, TEMPORAL_TLS_CLIENT_CERT_PATH: join(dir, 'cert'), TEMPORAL_TLS_CLIENT_KEY_PATH: join(dir, 'key'),
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(dir, 'ca'), TEMPORAL_TLS_SERVER_NAME: 'name', TEMPORAL_GRPC_META_X_TENANT: 'acme',
    });
    expect(connectionOptions(settings)).toEqual({
      address: 'temporal.example:7233', metadata: { 'x-tenant': 'acme' },
      tls: {
        serverNameOverride: 'name', serverRootCACertificate: Buffer.from('ca PEM'),
        clientCertPair: { crt: Buffer.from('cert PEM'), key: Buffer.from('key PEM') },
      },
    });
    expect(connectionOptions(temporalSettings({}, AT))).toEqual({ address: 'temporal.example:7233', tls: false, metadata: {} });
  });

  it('reach another process whole, whatever that inherits', () => {
    const env = {
      ...AT, TEMPORAL_API_KEY: KEY, TEMPORAL_TLS_SERVER_NAME: 'name', TEMPORAL_GRPC_META_X_TENANT: 'acme',
      TEMPORAL_TLS_CLIENT_CERT_PATH: join(dir, 'cert'), TEMPORAL_TLS_CLIENT_KEY_PATH: join(dir, 'key'),
    };
    const settings = temporalSettings({ namespace: 'mine' }, env);
    const inherited = { PATH: '/bin', TEMPORAL_ADDRESS: 'other:1', TEMPORAL_TLS_CLIENT_KEY_PATH: '/gone', TEMPORAL_TLS: 'false' };
    const passed = settingsEnvironment(settings, inherited);
    expect(passed['PATH']).toBe('/bin');
    expect(connectionOptions(temporalSettings({}, passed))).toEqual(connectionOptions(settings));
    expect(temporalSettings({}, passed)).toMatchObject({ namespace: 'mine' });
    const own = temporalSettings({}, {});
    expect(temporalSettings({}, settingsEnvironment(own, {}))).toEqual({ ...own, own: false });
  });

  it('never show a secret', () => {
    const settings = temporalSettings({}, { ...AT, TEMPORAL_API_KEY: KEY, TEMPORAL_GRPC_META_X_TOKEN: KEY, TEMPORAL_TLS_CLIENT_CERT_DATA: 'PEM', TEMPORAL_TLS_CLIENT_KEY_DATA: KEY });
    for (const shown of [inspect(settings, { depth: 9, showHidden: true }), JSON.stringify(settings), `${String(settings.apiKey)}`]) {
      expect(shown).toContain('[secret]');
      expect(shown).not.toContain(KEY);
    }
    const secret = new Secret(KEY);
    expect({ ...secret }).toEqual({});
    expect(secret.reveal()).toBe(KEY);
  });

  it('have a fingerprint that a changed key changes', () => {
    const print = (key: string, salt = 'salt'): string => settingsFingerprint(temporalSettings({}, { ...AT, TEMPORAL_API_KEY: key }), salt);
    expect(print('a')).toBe(print('a'));
    expect(print('a')).not.toBe(print('b'));
    expect(print('a')).not.toBe(print('a', 'pepper'));
  });

  it.each<[title: string, env: Environment, message: RegExp]>([
    ['a malformed address', { TEMPORAL_ADDRESS: 'https://x/y' }, /"https:\/\/x\/y" is not the address.*HOST:PORT/s],
    ['a port out of range', { FLEETWRIGHT_TEMPORAL_PORT: '70000' }, /FLEETWRIGHT_TEMPORAL_PORT is "70000"/],
    ['a truth that is none', { ...AT, TEMPORAL_TLS: 'maybe' }, /TEMPORAL_TLS is "maybe".*true or false/s],
    ['a certificate without its key', { ...AT, TEMPORAL_TLS_CLIENT_CERT_DATA: 'PEM' }, /TEMPORAL_TLS_CLIENT_KEY_PATH is missing/],
    ['a file that is not there', { ...AT, TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/no/ca.pem' }, /TEMPORAL_TLS_SERVER_CA_CERT_PATH: \/no\/ca\.pem cannot be read \(ENOENT\)/],
    ['host verification switched off', { ...AT, TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: 'true' }, /not supported.*SERVER_CA_CERT_PATH/s],
    ['an API key with no address', { TEMPORAL_API_KEY: KEY }, /TEMPORAL_API_KEY is set, but no address/],
  ])('refuse %s in one error with a remedy and no secret', (_title, env, message) => {
    expect(() => temporalSettings({}, env)).toThrow(message);
    expect(() => temporalSettings({}, env)).not.toThrow(KEY);
  });
});
