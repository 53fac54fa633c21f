/** Gets Temporal's server as the product gets it, once, and tells the tests where it is. */
import { acquireTemporal } from '../../infra/temporal/acquire.js';
import { told } from './told.js';

let acquired: Promise<string> | undefined;

export async function setup(): Promise<void> {
  acquired ??= told('Getting the Temporal server', (onProgress) => acquireTemporal({ onProgress }));
  process.env['FLEETWRIGHT_TEMPORAL'] = await acquired;
}
