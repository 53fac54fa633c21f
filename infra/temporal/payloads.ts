/**
 * How what a workflow is given and gives stands in its history: large payloads compressed, and everything encrypted where a key is set.
 * Every client, worker and replay of ours has this converter: a payload that one of them wrote, any of them reads.
 */
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import { codecKeys } from './codec/keys.js';
import { compressionCodec } from './codec/compression.js';
import { encryptionCodec } from './codec/encryption.js';
import type { Environment } from './settings.js';

/** In the order in which they encode: compressed first, since what is encrypted cannot be compressed. */
export function payloadCodecs(env: Environment = process.env): readonly PayloadCodec[] {
  return [compressionCodec(), encryptionCodec(codecKeys(env))];
}

/**
 * For `Client`, `Worker.create` and `Worker.runReplayHistory`.
 * @param env FLEETWRIGHT_CODEC_KEY_FILE and FLEETWRIGHT_CODEC_KEY_COMMAND count. @default process.env
 * @throws InvalidInputError when the key that they name cannot be had or is none
 */
export function dataConverter(env: Environment = process.env): DataConverter {
  return { payloadCodecs: [...payloadCodecs(env)] };
}
