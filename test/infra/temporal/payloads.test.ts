import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { InvalidInputError, PermanentError } from '../../../infra/errors.js';
import { ZLIB_ENCODING } from '../../../infra/temporal/codec/compression.js';
import { ENCRYPTED_ENCODING } from '../../../infra/temporal/codec/encryption.js';
import { encodingOf } from '../../../infra/temporal/codec/envelope.js';
import { codecFingerprint, codecKeys } from '../../../infra/temporal/codec/keys.js';
import { type CodecServer, startCodecServer } from '../../../infra/temporal/codec/server.js';
import { serverArguments } from '../../../infra/temporal/devServer.js';
import { payloadCodecs } from '../../../infra/temporal/payloads.js';
import { type Environment, temporalSettings } from '../../../infra/temporal/settings.js';

const LARGE = { lines: Array.from({ length: 2_000 }, (_, at) => `line ${at} of a plan`) };
const SMALL = { web: 12 };
const METADATA = { definition: { type: 'deploy', queryDefinitions: [{ name: '__temporal_workflow_metadata' }] }, currentDetails: 'x'.repeat(10_000) };
let folder: string;

beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'fleetwright-codec-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function keyFile(text: string): Environment {
  const path = join(folder, randomBytes(6).toString('hex'));
  writeFileSync(path, text);
  return { FLEETWRIGHT_CODEC_KEY_FILE: path };
}

async function encode(value: unknown, env: Environment): Promise<Payload> {
  let payloads = [defaultPayloadConverter.toPayload(value)!];
  for (const codec of payloadCodecs(env)) payloads = await codec.encode(payloads);
  return payloads[0]!;
}

async function decode(payload: Payload, env: Environment): Promise<unknown> {
  let payloads = [payload];
  for (const codec of [...payloadCodecs(env)].reverse()) payloads = await codec.decode(payloads);
  return defaultPayloadConverter.fromPayload(payloads[0]!);
}

describe('payloads without a key', () => {
  it('are compressed above 4 KiB and come back as they were', async () => {
    const payload = await encode(LARGE, {});
    expect(encodingOf(payload)).toBe(ZLIB_ENCODING);
    expect(payload.data!.length).toBeLessThan(JSON.stringify(LARGE).length / 3);
    expect(await decode(payload, {})).toEqual(LARGE);
  });

  it('stay readable when they are small, or do not get smaller', async () => {
    expect(encodingOf(await encode(SMALL, {}))).toBe('json/plain');
    expect(encodingOf(await encode(randomBytes(8_000), {}))).toBe('binary/plain');
  });

  it('of an encoding that we do not know pass through', async () => {
    const foreign = { metadata: { encoding: Buffer.from('binary/of-others') }, data: Buffer.from('x') };
    let payloads: Payload[] = [foreign];
    for (const codec of payloadCodecs({})) payloads = await codec.decode(payloads);
    expect(payloads).toEqual([foreign]);
  });

  it('that are damaged are one clear error', async () => {
    await expect(decode({ metadata: { encoding: Buffer.from(ZLIB_ENCODING) }, data: Buffer.from('no') }, {})).rejects.toThrow(/a compressed payload cannot be read/);
  });
});

describe('payloads with a key', () => {
  const key = randomBytes(32);
  it.each([['base64', key.toString('base64')], ['base64url', key.toString('base64url')], ['hex', key.toString('hex')]])('are all encrypted, with a key in %s', async (_, text) => {
    const env = keyFile(`${text}\n`);
    for (const value of [LARGE, SMALL, 'hunter2']) {
      const payload = await encode(value, env);
      expect(encodingOf(payload)).toBe(ENCRYPTED_ENCODING);
      expect(Buffer.from(payload.data!).toString('latin1')).not.toContain('hunter2');
      expect(await decode(payload, env)).toEqual(value);
    }
  });

  it('are compressed before', async () => {
    expect((await encode(LARGE, keyFile(key.toString('hex')))).data!.length).toBeLessThan(JSON.stringify(LARGE).length / 3);
  });

  it('never leave the answer that the UI reads without a codec other than it was', async () => {
    for (const env of [{}, keyFile(key.toString('hex'))]) expect(encodingOf(await encode(METADATA, env))).toBe('json/plain');
  });

  it('are read with an older key that stands on a later line', async () => {
    const payload = await encode(SMALL, keyFile(key.toString('hex')));
    const next = keyFile(`${randomBytes(32).toString('hex')}\n${key.toString('hex')}\n`);
    expect(await decode(payload, next)).toEqual(SMALL);
    expect(await encode(SMALL, next)).not.toMatchObject({ metadata: { 'encryption-key-id': payload.metadata!['encryption-key-id'] } });
  });

  it('are one clear error with another key, without one, and when they were changed', async () => {
    const env = keyFile(key.toString('hex'));
    const payload = await encode(SMALL, env);
    const { id } = codecKeys(env)[0]!;
    await expect(decode(payload, keyFile(randomBytes(32).toString('hex')))).rejects.toThrow(new RegExp(`encrypted with the key "${id}", and the key that is set is [0-9a-f]{12}\n.*FLEETWRIGHT_CODEC_KEY_FILE`));
    await expect(decode(payload, {})).rejects.toThrow(/and no key is set/);
    const changed = Buffer.from(payload.data!);
    changed[14]! ^= 1;
    await expect(decode({ ...payload, data: changed }, env)).rejects.toThrow(PermanentError);
  });

  it('come from a command too, which no shell reads', async () => {
    const env = { FLEETWRIGHT_CODEC_KEY_COMMAND: JSON.stringify([process.execPath, '-p', `"${key.toString('hex')}"`]) };
    expect(codecKeys(env)).toEqual(codecKeys(keyFile(key.toString('hex'))));
    expect(codecFingerprint(env)).not.toBe('');
    expect(codecFingerprint({})).toBe('');
  });

  it.each([
    ['a key that is too short', () => keyFile('abcd'), 'it is not 32 bytes as base64 or hex'],
    ['an empty file', () => keyFile('\n'), 'it is empty'],
    ['a file that is not there', () => ({ FLEETWRIGHT_CODEC_KEY_FILE: join(folder, 'none') }), 'ENOENT'],
    ['a command that fails', () => ({ FLEETWRIGHT_CODEC_KEY_COMMAND: 'false' }), 'false gave no key (exit code 1)'],
    ['a command that is not there', () => ({ FLEETWRIGHT_CODEC_KEY_COMMAND: '["/no/such program"]' }), 'ENOENT'],
    ['both', () => ({ ...keyFile(key.toString('hex')), FLEETWRIGHT_CODEC_KEY_COMMAND: 'true' }), 'are both set'],
  ])('refuse %s and do not show it', (_, env, message) => {
    const refused = (): unknown => codecKeys(env());
    expect(refused).toThrow(InvalidInputError);
    expect(refused).toThrow(message);
    expect(refused).not.toThrow('abcd');
  });
});

describe('the UI of a server that we start', () => {
  afterEach(() => { vi.unstubAllEnvs(); });

  it('is told of the codec server where payloads are encrypted or its port is given', () => {
    const told = (): string | undefined => {
      const words = serverArguments(temporalSettings({}, {}), [], 'db');
      return words.includes('--ui-codec-endpoint') ? words[words.indexOf('--ui-codec-endpoint') + 1] : undefined;
    };
    expect(told()).toBeUndefined();
    vi.stubEnv('FLEETWRIGHT_CODEC_KEY_FILE', '/some/key');
    expect(told()).toBe('http://127.0.0.1:8234');
    vi.stubEnv('FLEETWRIGHT_CODEC_PORT', '8300');
    expect(told()).toBe('http://127.0.0.1:8300');
  });
});

describe('the codec server', () => {
  let server: CodecServer | undefined;
  afterEach(() => server?.close());

  const ask = (path: string, body: unknown, headers: Record<string, string> = {}, method = 'POST') => new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port: server!.port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
    });
    asking.on('error', reject).end(method === 'POST' ? JSON.stringify(body) : undefined);
  });
  const UI = 'http://127.0.0.1:8233';
  const start = async (env: Environment) => { server = await startCodecServer({ port: 0, origins: [UI], codecs: payloadCodecs(env) }); };

  it('decodes and encodes as the UI asks for it', async () => {
    const env = keyFile(randomBytes(32).toString('hex'));
    await start(env);
    const payload = await encode(LARGE, env);
    const json = { metadata: { encoding: Buffer.from(payload.metadata!['encoding']!).toString('base64'), 'encryption-key-id': Buffer.from(payload.metadata!['encryption-key-id']!).toString('base64') }, data: Buffer.from(payload.data!).toString('base64') };
    const decoded = await ask('/decode', { payloads: [json] }, { origin: UI, 'content-type': 'application/json', 'x-namespace': 'default' });
    expect(decoded.status).toBe(200);
    expect(decoded.headers['access-control-allow-origin']).toBe(UI);
    const [plain] = (JSON.parse(decoded.body) as { payloads: [{ data: string }] }).payloads;
    expect(JSON.parse(Buffer.from(plain.data, 'base64').toString())).toEqual(LARGE);
    const again = await ask('/encode', { payloads: [plain] }, { origin: UI });
    expect(Buffer.from((JSON.parse(again.body) as { payloads: [{ metadata: { encoding: string } }] }).payloads[0].metadata.encoding, 'base64').toString()).toBe(ENCRYPTED_ENCODING);
  });

  it('answers the preflight of the UI and refuses other pages, other names, other paths and other keys', async () => {
    await start({});
    expect(await ask('/decode', undefined, { origin: UI, 'access-control-request-method': 'POST' }, 'OPTIONS')).toMatchObject({ status: 204, headers: { 'access-control-allow-headers': expect.stringContaining('x-namespace') } });
    const foreign = await ask('/decode', { payloads: [] }, { origin: 'http://evil.example' });
    expect(foreign).toMatchObject({ status: 403 });
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
    expect((await ask('/decode', { payloads: [] }, { host: 'evil.example' })).status).toBe(403);
    expect((await ask('/other', { payloads: [] })).status).toBe(404);
    expect((await ask('/decode', 'no payloads')).status).toBe(400);
    const encrypted = { metadata: { encoding: Buffer.from(ENCRYPTED_ENCODING).toString('base64') }, data: '' };
    expect(await ask('/decode', { payloads: [encrypted] })).toMatchObject({ status: 400, body: expect.stringContaining('no key is set') });
  });
});
