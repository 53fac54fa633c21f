/** User-data as clouds take it. */
import { gzipSync } from 'node:zlib';
import { InvalidInputError } from '../../errors.js';

/** Nova's API: "user_data … Maximum length is 65535 bytes" of Base64. */
const LONGEST = 65_535;

/**
 * In Base64; compressed where it would be too long else, which cloud-init undoes.
 * @throws InvalidInputError when it is too long all the same
 */
export function encodeUserData(userData: string): string {
  const plain = Buffer.from(userData).toString('base64');
  if (plain.length <= LONGEST) return plain;
  const packed = gzipSync(userData, { level: 9 }).toString('base64');
  if (packed.length <= LONGEST) return packed;
  throw new InvalidInputError(`the user-data has ${Buffer.byteLength(userData)} bytes, in Base64 ${plain.length}, compressed ${packed.length}; a cloud takes ${LONGEST}`, 'Shorten the cloud-config: what is large can be fetched by the machines.');
}
