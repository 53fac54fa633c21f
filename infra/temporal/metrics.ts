/** The worker's metrics, for Prometheus, where they are asked for. */
import { Runtime } from '@temporalio/worker';
import { InvalidInputError } from '../errors.js';
import { metricsAddress } from './metricsAddress.js';
import type { Environment } from './settings.js';

/** Before anything of the SDK is used: what it installs by itself has no metrics. @throws InvalidInputError as `metricsAddress`, and when nothing can listen there */
export function serveMetrics(env: Environment = process.env): void {
  const bindAddress = metricsAddress(env);
  if (bindAddress === undefined) return;
  try {
    Runtime.install({ telemetryOptions: { metrics: { prometheus: { bindAddress } } } });
  } catch (error) {
    throw new InvalidInputError(`FLEETWRIGHT_METRICS: nothing can listen at ${bindAddress}: ${(error as Error).message}`, 'Choose a port that is free.', { cause: error });
  }
}
