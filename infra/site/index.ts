/** The site of a provider's clusters. */
import type Docker from 'dockerode';
import type { ClusterName } from '../../language/ids.js';
import { InvalidInputError } from '../errors.js';
import type { Provider } from '../provider.js';
import { siteHere } from './here.js';
import type { Site } from './site.js';

/** @param docker this host's engine; asked for only where it is needed */
export async function siteOf(provider: Provider, cluster: ClusterName, docker: () => Promise<Docker>): Promise<Site> {
  if (provider.place === 'elsewhere') throw new InvalidInputError(`the provider ${provider.name} has no site yet`, 'Use the provider local.');
  return siteHere(await docker(), cluster);
}
