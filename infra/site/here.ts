/** Machines that are containers of this host's engine: the services are a container beside them, and cloud-init makes a machine of what boots. */
import type Docker from 'dockerode';
import type { ClusterName } from '../../language/ids.js';
import { cloudConfig } from '../cloudInit/userData.js';
import { createDiscoveryUrl } from '../discovery/discovery.js';
import { buildImages } from '../images/buildImages.js';
import { machinesReference, MACHINES_REGISTRY } from '../images/catalogue.js';
import { imageSet } from '../images/hashes.js';
import { publishedImages, publishImages } from '../images/publishImages.js';
import { networkName } from '../providers/local/names.js';
import { deleteClusterServices, ensureClusterServices, findClusterServices, hasClusterServices } from '../providers/local/services.js';
import { fillSharedImages, removeUnusedSharedImages } from '../providers/local/sharedImages.js';
import type { ImageRoute, MachineSetup, Site, SiteServices } from './site.js';

export function siteHere(docker: Docker, cluster: ClusterName): Site {
  return { services: services(docker, cluster), machines: machines(docker, cluster), images: images(docker, cluster) };
}

function services(docker: Docker, cluster: ClusterName): SiteServices {
  return {
    start: async ({ run, signal }) => {
      const before = await findClusterServices(docker, cluster);
      const { address, discoveryService } = await ensureClusterServices(docker, cluster, run, { signal });
      return { registry: `${address}:5000`, discoveryService, changed: before === undefined };
    },
    discoveryUrl: async (url, size, { run, signal }) => {
      const own = await ensureClusterServices(docker, cluster, run, { signal });
      return createDiscoveryUrl({
        url, service: own.discoveryFromHere, publicService: own.discoveryService, etcd: own.etcdFromHere, size, cluster, run, signal,
      });
    },
    remove: (startedBy) => deleteClusterServices(docker, cluster, { startedBy }),
    areThere: () => hasClusterServices(docker, cluster),
  };
}

function machines(docker: Docker, cluster: ClusterName): MachineSetup {
  return {
    seed: async ({ discoveryUrl, template, images }, { run, signal }) => {
      const { address } = await ensureClusterServices(docker, cluster, run, { signal });
      const userData = await cloudConfig({ 'discovery-url': discoveryUrl, 'registry-address': address }, template || undefined);
      return { userData, ...(images.length > 0 ? { imageSet: await imageSet(images) } : {}) };
    },
    complete: async () => [],
  };
}

function images(docker: Docker, cluster: ClusterName): ImageRoute {
  return {
    build: async (names, noCache, { onProgress, signal }) => Object.values(await buildImages(docker, names, { noCache, onProgress, signal })),
    publish: async (names, { run, onProgress, signal }) => {
      const { registryHostPort } = await ensureClusterServices(docker, cluster, run, { signal });
      return publishImages(docker, names, registryHostPort, { cluster, run, onProgress, signal });
    },
    published: async (names, { run, signal }) => {
      const { registryHostPort } = await ensureClusterServices(docker, cluster, run, { signal });
      return publishedImages(registryHostPort, names, signal);
    },
    share: async (published, { run, onProgress, signal }) => {
      const known = published.flatMap(({ name, id }) => (id === undefined ? [] : [{ reference: `${machinesReference(name)}:latest`, id }]));
      if (known.length < published.length) return false;
      try {
        const { address: registryAddress } = await ensureClusterServices(docker, cluster, run, { signal });
        const set = await imageSet(published.map(({ name }) => name));
        await fillSharedImages(docker, { cluster, run, imageSet: set, images: known, registry: MACHINES_REGISTRY, registryAddress, network: networkName(cluster) }, { signal });
        await removeUnusedSharedImages(docker, set, { signal });
        return true;
      } catch (error) {
        signal.throwIfAborted();
        onProgress(`each machine pulls for itself: ${error instanceof Error ? error.message : String(error)}`);
        return false;
      }
    },
  };
}
