/**
 * A real OpenStack on loopback for the tests, and the way to it in FLEETWRIGHT_TEST_OPENSTACK. It is gone after them. One that the variable names
 * already is used, and stays: whoever writes a test starts it once (test/openstack/fixture/start.ts).
 */
import { ensureEngine } from '../../infra/docker/engine.js';
import { startCloud, stopCloud } from '../openstack/fixture/cloud.js';
import { told } from './told.js';

export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['FLEETWRIGHT_TEST_OPENSTACK']) return undefined;
  const docker = await ensureEngine();
  const cloud = await told('Starting OpenStack (half a minute; the first time it is installed into an image, which takes five)', (onProgress) => startCloud(docker, onProgress));
  process.env['FLEETWRIGHT_TEST_OPENSTACK'] = JSON.stringify(cloud);
  return () => stopCloud(docker, cloud.container);
}
