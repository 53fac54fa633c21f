/** Where the worker's metrics are to be had. */
import { isIP } from 'node:net';
import { InvalidInputError } from '../errors.js';
import type { Environment } from './settings.js';

const LOOPBACK = '127.0.0.1';

/**
 * What FLEETWRIGHT_METRICS says: a port of the loopback (`9464`), or `address:port` with a numeric address, which others may then reach. Undefined: there are none.
 * @throws InvalidInputError
 */
export function metricsAddress(env: Environment): string | undefined {
  const given = env['FLEETWRIGHT_METRICS'];
  if (!given) return undefined;
  const [, host = LOOPBACK, port] = /^(?:(.+):)?(\d{1,5})$/.exec(given) ?? [];
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (port !== undefined && Number(port) >= 1 && Number(port) <= 65_535 && isIP(bare) !== 0) return `${isIP(bare) === 6 ? `[${bare}]` : bare}:${port}`;
  throw new InvalidInputError(`FLEETWRIGHT_METRICS is ${JSON.stringify(given.slice(0, 80))}`, 'Give a port of this host, as 9464, or an address and a port, as 0.0.0.0:9464.');
}
