/** The worker of this host: in the background, one for all runs. */
import type { TemporalSettings } from '../infra/temporal/settings.js';
import { ensureWorker } from '../infra/temporal/worker.js';

/** Starts the worker unless it runs. With FLEETWRIGHT_WORKER=elsewhere nothing is started: another host's worker does the work. */
export async function startWorker(settings: TemporalSettings, { onProgress }: { readonly onProgress?: ((line: string) => void) | undefined } = {}): Promise<void> {
  if (workerIsElsewhere()) return;
  await ensureWorker({ settings, onProgress });
}

export function workerIsElsewhere(): boolean {
  return process.env['FLEETWRIGHT_WORKER'] === 'elsewhere';
}
