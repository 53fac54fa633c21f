/**
 * Values that hold a secret, as records may hold them: sealed with a key of the run that stays on the worker's host. Whoever reads the
 * history sees that there is a value, and how long it is.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { RunId } from '../../language/ids.js';
import { PermanentError } from '../errors.js';
import { readPrivate, writePrivateOnce } from './privateFile.js';
import { sealKeyPath } from './runSecrets.js';

const PREFIX = 'fleetwright:sealed:v1:';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The text as AES-256-GCM, `fleetwright:sealed:v1:<base64>`. The run's key is made when there is none. @throws PermanentError when the key cannot be kept */
export function seal(run: RunId, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key(run, { make: true }), nonce).setAAD(Buffer.from(run));
  return PREFIX + Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** What was sealed; a text that is not sealed as it is. @throws PermanentError on another host than the one that sealed it, or when it was changed */
export function unseal(run: RunId, text: string): string {
  if (!isSealed(text)) return text;
  try {
    const data = Buffer.from(text.slice(PREFIX.length), 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key(run, { make: false }), data.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(run)).setAuthTag(data.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    throw new PermanentError(`a sealed value of ${run} cannot be opened with the run's key`, 'It was sealed on another host, or changed since: run the step that gave it again.');
  }
}

export function isSealed(text: string): boolean {
  return text.startsWith(PREFIX);
}

function key(run: RunId, { make }: { readonly make: boolean }): Buffer {
  const path = sealKeyPath(run);
  if (make && readPrivate(path) === undefined) writePrivateOnce(path, randomBytes(KEY_BYTES));
  const bytes = readPrivate(path);
  if (bytes?.length === KEY_BYTES) return bytes;
  throw new PermanentError(`the key of the sealed values of ${run} is not on this host`, 'They are opened on the host whose worker sealed them; elsewhere, run the step that gave them again (fleetwright rerun RUN --from ADDRESS).');
}
