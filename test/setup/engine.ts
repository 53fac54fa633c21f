/**
 * Gets a Docker engine as the product gets it, from the user's own state and cache: what it holds is not built again for every
 * run of the tests. An engine that was started for the tests is stopped after them.
 */
import { ensureEngine, findEngine, stopOwnEngine } from '../../infra/docker/engine.js';
import { told } from './told.js';

export async function setup(): Promise<() => Promise<void>> {
  const before = await findEngine();
  if (!before) await told('Getting a Docker engine', (onProgress) => ensureEngine({ onProgress }));
  const found = before ?? await findEngine();
  if (!found) throw new Error('the Docker engine that was just there does not answer any more');
  process.env['DOCKER_HOST'] = found.address;
  const userState = process.env['XDG_STATE_HOME'];
  return async () => {
    if (before || !found.own) return;
    restore('XDG_STATE_HOME', userState);
    await stopOwnEngine();
  };
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
