/** Machines somewhere else: scripts over SSH make machines of servers, and the first machine holds the services that the cluster needs. */
import type Docker from 'dockerode';
import type { ClusterName } from '../../language/ids.js';
import { createDiscoveryUrl } from '../discovery/discovery.js';
import { dockerOver } from '../docker/overTransport.js';
import { buildImages } from '../images/buildImages.js';
import type { AnyImageName, ImageName } from '../images/catalogue.js';
import { publishedImages, publishImages } from '../images/publishImages.js';
import { pullFromRegistry, pushToRegistry, type UserRegistry } from '../images/userRegistry.js';
import type { Provider, ProviderSettings } from '../provider.js';
import { SERVICE_PORT } from '../providers/local/services.js';
import { withTunnel } from '../ssh/tunnel.js';
import { firstServer, reachAll } from './reach.js';
import { setUpMachines } from './setUpMachines.js';
import { ensureMachineServices } from './machineServices.js';
import { bareSeed } from './seed.js';
import type { ImageRoute, MachineSetup, Site, SiteServices } from './site.js';

export interface Elsewhere {
  readonly provider: Provider;
  readonly cluster: ClusterName;
  readonly settings: ProviderSettings;
  /** This host's engine, where one answers: images are built on it. */
  readonly engine: () => Promise<Docker | undefined>;
  /** Where the images go instead of to the cluster's own registry. @default there */
  readonly registry?: () => Promise<UserRegistry>;
}

/** etcd's public discovery service. */
const PUBLIC_DISCOVERY = 'https://discovery.etcd.io/new';
const PUBLIC_DISCOVERY_MS = 5000;

export function siteElsewhere(where: Elsewhere): Site {
  return { services: services(where), machines: machines(where), images: images(where) };
}

function services({ cluster }: Elsewhere): SiteServices {
  return {
    start: async () => undefined,
    discoveryUrl: async (given, size, { run, signal, onProgress }) => {
      const request = { size, cluster, run, signal };
      if (given !== '') return createDiscoveryUrl({ ...request, url: given });
      try {
        return await createDiscoveryUrl({ ...request, url: PUBLIC_DISCOVERY, timeoutMs: PUBLIC_DISCOVERY_MS });
      } catch (error) {
        signal.throwIfAborted();
        onProgress(`the public discovery service does not give one: ${(error as Error).message.split('\n', 1)[0]}`);
        return '';
      }
    },
    // They are a container on a machine, and go with it.
    remove: async () => ({ removed: [], left: [] }),
    areThere: async () => false,
  };
}

function machines(where: Elsewhere): MachineSetup {
  return {
    seed: async () => ({ userData: bareSeed() }),
    complete: (servers, request, call) => setUpMachines(where, servers, request, call),
  };
}

function images({ provider, cluster, engine, registry }: Elsewhere): ImageRoute {
  return {
    ...(registry ? { fetch: async (machine, name, call) => pullFromRegistry(dockerOver(machine), await registry(), name, call) } : {}),
    build: async (names, noCache, { onProgress, signal }) => {
      const docker = await engine();
      if (docker) return Object.values(await buildImages(docker, names.map(builtFor), { noCache, onProgress, signal }));
      onProgress('no Docker engine answers on this host: the images are built on the first machine, when it is there');
      return [];
    },
    publish: async (names, call) => {
      const { onProgress } = call;
      const here = registry && await engine();
      if (registry && here) return (await pushToRegistry(here, await registry(), names, call)).map(({ name, id = '' }) => ({ name, hash: id, pushed: true }));
      onProgress('the registry is on the first machine: they go there when they are loaded on the machines');
      return [];
    },
    published: async (names, call) => {
      const { onProgress, signal, run } = call;
      const first = await firstServer(provider, cluster);
      return reachAll(provider, cluster, [first], signal, async ([reached]) => {
        const { machine } = reached!;
        const docker = dockerOver(machine);
        const here = await engine();
        await ensureMachineServices({ cluster, machine, docker, privateAddress: first.privateAddress }, here, call);
        await buildImages(here ?? docker, names, { onProgress, signal });
        if (registry) return pushToRegistry(here ?? docker, await registry(), names, call);
        return withTunnel(machine, '127.0.0.1', SERVICE_PORT.registry, async ({ port }) => {
          const fromHere = `127.0.0.1:${port}`;
          await publishImages(here ?? docker, names, here ? fromHere : `127.0.0.1:${SERVICE_PORT.registry}`, { fromHere, cluster, run, onProgress, signal });
          return publishedImages(fromHere, names, signal);
        });
      });
    },
    share: async () => false,
  };
}

/** A machine elsewhere is none of our images: of that, it gets fleet. */
function builtFor(name: ImageName): AnyImageName {
  return name === 'machine' ? 'fleet' : name;
}
