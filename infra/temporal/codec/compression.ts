/** Large payloads (a plan, a progress record) are compressed: the history is read again at every replay. */
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { PayloadCodec } from '@temporalio/common';
import { PermanentError } from '../../errors.js';
import { bytesOf, codecOf, encodingOf, isWorkflowMetadata, payloadOf } from './envelope.js';

/** Metadata `encoding` of a compressed payload: its data is the deflated (RFC 1950) protobuf of the payload. */
export const ZLIB_ENCODING = 'binary/fleetwright-zlib';

/** Smaller ones stay as they are: the Temporal UI shows them as they were given. */
const LEAST_BYTES = 4096;
/** Nothing that we wrote is larger: Temporal takes 2 MiB at the most, of which deflate makes a thousandth at the best. */
const MOST_BYTES = 256 * 1024 * 1024;

const [deflated, inflated] = [promisify(deflate), promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflate)];

export function compressionCodec(): PayloadCodec {
  return codecOf({
    encode: async (payload) => {
      if ((payload.data?.length ?? 0) <= LEAST_BYTES || isWorkflowMetadata(payload)) return payload;
      const data = await deflated(bytesOf(payload));
      if (data.length >= payload.data!.length) return payload;
      return { metadata: { encoding: Buffer.from(ZLIB_ENCODING) }, data };
    },
    decode: async (payload) => {
      if (encodingOf(payload) !== ZLIB_ENCODING) return payload;
      try {
        return payloadOf(await inflated(payload.data ?? new Uint8Array(), { maxOutputLength: MOST_BYTES }));
      } catch (error) {
        throw new PermanentError(`a compressed payload cannot be read: ${(error as Error).message}`, 'It was not written by Fleetwright, or is damaged.', { cause: error });
      }
    },
  });
}
