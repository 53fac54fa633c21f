/** The two providers that speak OpenStack's APIs, from the run's inputs and the worker's environment. */
import { openstackCredentials, rackspaceCredentials } from '../../cloud/environment.js';
import type { Provider } from '../../provider.js';
import type { ProviderDependencies } from '../index.js';
import { cloudProvider } from './provider.js';
import { parseCloudSettings } from './settings.js';

type Needs = Pick<ProviderDependencies, 'settings' | 'onProgress'>;

/** @throws InvalidInputError, CloudLoginError */
export async function openstackProvider({ settings, onProgress }: Needs): Promise<Provider> {
  const parsed = parseCloudSettings(settings);
  return cloudProvider({ name: 'openstack', credentials: await openstackCredentials(parsed.cloud), settings: parsed, onProgress });
}

/** @throws InvalidInputError, CloudLoginError */
export async function rackspaceProvider({ settings, onProgress }: Needs): Promise<Provider> {
  return cloudProvider({ name: 'rackspace', credentials: rackspaceCredentials(), settings: parseCloudSettings(settings), onProgress });
}
