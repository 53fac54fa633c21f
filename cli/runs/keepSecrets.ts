/** Puts a run's secrets where the worker of this host finds them, before the run begins. */
import { withLock } from '../../infra/lock.js';
import { stateDir } from '../../infra/paths.js';
import { deleteRunSecrets, type RunSecrets, writeRunSecrets } from '../../infra/secrets/runSecrets.js';
import { environmentSecrets } from '../../infra/secrets/load.js';
import type { RunId } from '../../language/ids.js';
import { workerIsElsewhere } from '../worker.js';
import type { Prepare } from './start.js';

/** What the environment of this command has for secrets (FLEETWRIGHT_SECRET_NAME): the worker may have been started by another one. */
export function ownSecrets(): RunSecrets {
  return { given: {}, environment: environmentSecrets(process.env) };
}

/**
 * Starts a run with its secrets in place. Of two that start at the same moment, one at a time takes a number: neither finds the other's secrets.
 * @throws what `start` throws; the secrets are then gone
 */
export async function keepSecrets(secrets: RunSecrets, start: (prepare: Prepare) => Promise<string>): Promise<string> {
  if (workerIsElsewhere()) return start({ before: () => undefined, taken: () => undefined });
  return withLock(stateDir('daemons', 'run.start.lock'), () => start({
    before: (id) => writeRunSecrets(id as RunId, secrets),
    taken: (id) => deleteRunSecrets(id as RunId),
  }));
}
