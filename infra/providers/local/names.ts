/** Names and labels of what the local provider makes. The labels are how it is found again. */
import type { ClusterName, MachineName } from '../../../language/ids.js';
import type { ServerTags } from '../../provider.js';

export const LABEL = {
  cluster: 'fleetwright.cluster',
  run: 'fleetwright.run',
  server: 'fleetwright.server',
  discoveryUrl: 'fleetwright.discovery-url',
  /** The fixed address on the cluster's network, readable when the container is stopped. */
  address: 'fleetwright.address',
  role: 'fleetwright.role',
  /** On what is no cluster's, and may be removed whenever nothing uses it. */
  cache: 'fleetwright.cache',
} as const;

/** Value of the label `role` of the container with the cluster's own services. */
export const SERVICES_ROLE = 'services';

export type Labels = Readonly<Record<string, string>>;

/** Name of the cluster's network: `fleetwright-demo`. */
export function networkName(cluster: ClusterName): string {
  return `fleetwright-${cluster}`;
}

/** Name of a machine's container: `fleetwright-demo-core01`. */
export function serverContainerName(cluster: ClusterName, server: MachineName): string {
  return `fleetwright-${cluster}-${server}`;
}

/** Name of the volume that holds a machine's /var/lib/docker. */
export function serverVolumeName(cluster: ClusterName, server: MachineName): string {
  return `${serverContainerName(cluster, server)}-docker`;
}

/** Name of the container with the cluster's own services. */
export function servicesContainerName(cluster: ClusterName): string {
  return `fleetwright-${cluster}-infra`;
}

/**
 * The volume that holds the images of every cluster's registry. It is a cache, as the engine's own images are: content by hash,
 * so that the next cluster has nothing to push. No cluster's label, so no cluster's teardown removes it.
 */
export const REGISTRY_VOLUME = 'fleetwright-registry';

/** Value of the label `cache` of the volumes with shared images, see `sharedImages.ts`. */
export const SHARED_IMAGES_CACHE = 'images';

/** Value of the label `role` of the container that fills such a volume. */
export const FILLER_ROLE = 'shared-images';

/** Name of the volume with the shared images of this set: `fleetwright-images-1b934c05cdf5`. Like the registry's, no cluster's. */
export function sharedImagesVolumeName(imageSet: string): string {
  return `fleetwright-images-${imageSet}`;
}

/** Name of the container that fills a volume with shared images for a cluster. */
export function fillerContainerName(cluster: ClusterName): string {
  return `fleetwright-${cluster}-images`;
}

/** The key under which a cluster's things on an engine are made and removed. */
export function turnOf(cluster: ClusterName): string {
  return `local/${cluster}`;
}

/** Labels of a server's container and volume. */
export function serverLabels(server: MachineName, tags: ServerTags): Labels {
  return {
    [LABEL.cluster]: tags.cluster,
    [LABEL.run]: tags.run,
    [LABEL.server]: server,
    [LABEL.discoveryUrl]: tags.discoveryUrl,
  };
}

/** Filter for the engine's lists: all that carries this cluster's label, and the further ones. */
export function clusterFilter(cluster: ClusterName, ...labels: string[]): { label: string[] } {
  return { label: [`${LABEL.cluster}=${cluster}`, ...labels] };
}
