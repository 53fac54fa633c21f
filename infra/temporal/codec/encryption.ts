/** Payloads encrypted with AES-256-GCM, for those who want nothing readable in Temporal's database. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { PermanentError } from '../../errors.js';
import { bytesOf, codecOf, encodingOf, isWorkflowMetadata, payloadOf } from './envelope.js';
import type { CodecKey } from './keys.js';

/** Metadata `encoding` of an encrypted payload. Its data: a nonce of 12 bytes, the encrypted protobuf of the payload, a tag of 16. */
export const ENCRYPTED_ENCODING = 'binary/encrypted';
/** Metadata that names the key: see `CodecKey.id`. */
export const KEY_ID = 'encryption-key-id';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * @param keys the first encrypts, all of them decrypt; with none, payloads stay as they are, and one that is encrypted is an error
 * @returns a codec that throws PermanentError for a payload whose key is not among them, or that was changed
 */
export function encryptionCodec(keys: readonly CodecKey[]): PayloadCodec {
  const [first] = keys;
  return codecOf({
    encode: async (payload) => (first === undefined || isWorkflowMetadata(payload) ? payload : encrypt(payload, first)),
    decode: async (payload) => (encodingOf(payload) === ENCRYPTED_ENCODING ? decrypt(payload, keys) : payload),
  });
}

function encrypt(payload: Payload, key: CodecKey): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce).setAAD(Buffer.from(key.id));
  const data = Buffer.concat([nonce, cipher.update(bytesOf(payload)), cipher.final(), cipher.getAuthTag()]);
  return { metadata: { encoding: Buffer.from(ENCRYPTED_ENCODING), [KEY_ID]: Buffer.from(key.id) }, data };
}

function decrypt(payload: Payload, keys: readonly CodecKey[]): Payload {
  const id = Buffer.from(payload.metadata?.[KEY_ID] ?? []).toString();
  const key = keys.find((one) => one.id === id);
  if (key === undefined) {
    const which = keys.length === 0 ? 'no key is set' : `the key that is set is ${keys.map((one) => one.id).join(', ')}`;
    throw new PermanentError(`what Temporal has of a run is encrypted with the key ${JSON.stringify(id.slice(0, 40))}, and ${which}`,
      'Set FLEETWRIGHT_CODEC_KEY_FILE or FLEETWRIGHT_CODEC_KEY_COMMAND to that key; several may be given, a line each.');
  }
  try {
    const data = Buffer.from(payload.data ?? []);
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, data.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(key.id)).setAuthTag(data.subarray(-TAG_BYTES));
    return payloadOf(Buffer.concat([decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]));
  } catch (error) {
    throw new PermanentError('an encrypted payload was changed since it was written', 'Find out by whom: its key is the right one.', { cause: error });
  }
}
