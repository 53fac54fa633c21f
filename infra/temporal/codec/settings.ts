/** Where the codec server is, for itself and for the server whose UI asks it. */
import { InvalidInputError } from '../../errors.js';
import type { Environment } from '../settings.js';
import { KEY_COMMAND, KEY_FILE } from './keys.js';

export const DEFAULT_CODEC_PORT = 8234;
const PORT = 'FLEETWRIGHT_CODEC_PORT';

/** The port of the codec server on this host's loopback. @throws InvalidInputError when FLEETWRIGHT_CODEC_PORT is no port */
export function codecPort(env: Environment = process.env): number {
  const text = env[PORT];
  if (!text) return DEFAULT_CODEC_PORT;
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_535) throw new InvalidInputError(`${PORT} is ${JSON.stringify(text)}`, 'Use a port number, 1 to 65535.');
  return Number(text);
}

/** Whether the UI of a server that we start is told of a codec server: where payloads are encrypted, or its port is given. */
export function isCodecServerWanted(env: Environment = process.env): boolean {
  return Boolean(env[PORT] || env[KEY_FILE] || env[KEY_COMMAND]);
}
