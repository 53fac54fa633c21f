import { describe, expect, it } from 'vitest';
import { metricsAddress } from '../../../infra/temporal/metricsAddress.js';

describe("the address of the worker's metrics", () => {
  it.each([[undefined, undefined], ['', undefined], ['9464', '127.0.0.1:9464'], ['0.0.0.0:9464', '0.0.0.0:9464'], ['::1:9464', '[::1]:9464'], ['[::1]:9464', '[::1]:9464']])('%s is %s', (given, address) => {
    expect(metricsAddress({ FLEETWRIGHT_METRICS: given })).toBe(address);
  });

  it.each(['0', '65536', 'yes', 'localhost:9464', '9464/metrics', '-1', '1e3', '127.0.0.1:'])('%s is refused', (given) => {
    expect(() => metricsAddress({ FLEETWRIGHT_METRICS: given })).toThrow('FLEETWRIGHT_METRICS is');
  });
});
