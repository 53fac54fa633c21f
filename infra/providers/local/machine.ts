/** What makes a container a machine: systemd as PID 1, a Docker engine inside, cloud-init with a config drive. */
import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import { configDrive } from '../../cloudInit/configDrive.js';
import type { ServerRequest } from '../../provider.js';
import type { ContainerSpec } from './containers.js';
import { LABEL, serverContainerName, serverLabels, serverVolumeName } from './names.js';
import { sharedImagesMount } from './sharedImages.js';
import { volumeMount } from './volumes.js';
import type { ClusterNetwork } from './network.js';

/** Where cloud-init's ConfigDrive data source finds a drive that is a folder. */
const SEED_FOLDER = '/var/lib/cloud/seed/config_drive';

export interface MachinePlace {
  readonly image: string;
  readonly network: ClusterNetwork;
  /** Its fixed address on the network. */
  readonly address: string;
  /** Capabilities that this engine cannot grant. */
  readonly withoutCapabilities: readonly string[];
}

/** The container that is this server. */
export function machineSpec(request: ServerRequest, place: MachinePlace): ContainerSpec {
  const { cluster } = request.tags;
  const volume = serverVolumeName(cluster, request.name);
  const labels = { ...serverLabels(request.name, request.tags), [LABEL.address]: place.address };
  return {
    name: serverContainerName(cluster, request.name),
    image: place.image,
    labels,
    ownVolume: volume,
    files: seedFiles(request),
    options: {
      Hostname: request.name,
      HostConfig: {
        ...machineHostConfig(place),
        Mounts: [
          volumeMount(volume, '/var/lib/docker', labels),
          ...(request.imageSet ? [{ ...sharedImagesMount(request.imageSet), ReadOnly: true }] : []),
        ],
      },
      NetworkingConfig: { EndpointsConfig: { [place.network.name]: { IPAMConfig: { IPv4Address: place.address } } } },
    },
  };
}

/**
 * Rights of a machine. Not `Privileged`: that needs CAP_SYS_RESOURCE, and hands over the host's devices. With cgroup v1 (also
 * hybrid) and v2 alike the machine gets a cgroup namespace of its own, whose mounts the image's entrypoint makes writable.
 */
function machineHostConfig({ network, withoutCapabilities }: MachinePlace): Docker.HostConfig & Record<string, unknown> {
  return {
    NetworkMode: network.name,
    // A machine that powers off with its host or reboots by itself comes back; one that a person stopped or killed stays down until `up`.
    RestartPolicy: { Name: 'unless-stopped' },
    CapAdd: ['ALL'],
    CapDrop: [...withoutCapabilities],
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
    MaskedPaths: [],
    ReadonlyPaths: [],
    DeviceCgroupRules: ['a *:* rwm'],
    CgroupnsMode: 'private',
    // With an engine that remaps users, root of the container could not mount anything.
    UsernsMode: 'host',
    // An engine set to wrap every container in an init would take PID 1 from systemd.
    Init: false,
    Tmpfs: { '/run': 'rw,mode=755,exec', '/run/lock': 'rw', '/tmp': 'rw,exec,mode=1777' },
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } },
  };
}

function seedFiles(request: ServerRequest): ReadonlyMap<string, string> {
  const drive = configDrive({
    serverName: request.name,
    uuid: instanceId(request),
    publicKey: request.publicKey,
    userData: request.userData,
  });
  return new Map([...drive].map(([path, content]) => [`${SEED_FOLDER}/${path}`, content]));
}

/** The same for every try of one boot, so that a repeat writes the same files. */
function instanceId({ name, tags }: ServerRequest): string {
  const hex = createHash('sha256').update([tags.cluster, tags.run, tags.discoveryUrl, name].join('\n')).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
