/** The addresses of a cloud's services, from the catalogue that came with the login. */
import { CloudNameError } from './errors.js';
import type { PkgcloudEndpoint, PkgcloudIdentity } from './pkgcloud.js';
import type { ServiceType } from './session.js';

/**
 * The public address of a service without a slash at its end; undefined where the region has none.
 * @throws CloudNameError, with the regions that there are, for a region that has no service at all
 */
export function endpoint(identity: PkgcloudIdentity, service: ServiceType, region: string): string | undefined {
  const regions = regionsOf(identity);
  const known = regions.find((name) => name.toLowerCase() === region.toLowerCase());
  if (known === undefined) throw new CloudNameError(`the cloud has no region ${JSON.stringify(region)}`, regionsRemedy(regions));
  const found = endpointsOf(identity, service).find((candidate) => candidate.region === known && isPublic(candidate));
  const url = (found?.url ?? found?.publicURL)?.replace(/\/+$/, '');
  // Catalogues name the network service with and without its version.
  return url !== undefined && service === 'network' ? `${url.replace(/\/v2\.0$/, '')}/v2.0` : url;
}

/** The region of a cloud that has one. @throws CloudNameError where there are several */
export function onlyRegion(identity: PkgcloudIdentity): string {
  const regions = regionsOf(identity);
  const [only, ...others] = regions;
  if (only !== undefined && others.length === 0) return only;
  throw new CloudNameError('the cloud has several regions, and none was chosen', regionsRemedy(regions));
}

/** Of all services: some have only one of their own. */
function regionsOf(identity: PkgcloudIdentity): readonly string[] {
  const compute = endpointsOf(identity, 'compute').flatMap(({ region }) => region ?? []);
  return [...new Set(compute)].sort();
}

/** Rackspace has two services of the type `compute`; the one named cloudServers is the old one, which pkgcloud leaves out. */
function endpointsOf(identity: PkgcloudIdentity, service: ServiceType): readonly PkgcloudEndpoint[] {
  return Object.values(identity.serviceCatalog?.services ?? {}).filter(({ type }) => type === service).flatMap(({ endpoints }) => endpoints ?? []);
}

function isPublic({ interface: side }: PkgcloudEndpoint): boolean {
  return side === undefined || side === 'public';
}

function regionsRemedy(regions: readonly string[]): string {
  return regions.length > 0 ? `Its regions are ${regions.join(', ')}: choose one with the input region, or OS_REGION_NAME.` : 'Its catalogue names no compute service: check the project of the credentials.';
}
