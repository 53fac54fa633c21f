/**
 * Images that all machines of an engine share: a volume that holds them once, as a machine's own Docker keeps them.
 *
 * 1. Machines mount the volume read-only. What is in it is used before their Docker starts (docker-images/machine/use-shared-images); a
 *    machine whose volume is empty, or has other images, pulls from the registry.
 * 2. One container at a time writes it, and what is whole in it is never changed (docker-images/machine/fill-shared-images).
 * 3. It is a cache, named after what the images are made from: no cluster's label, and removed as soon as another one takes its place and no
 *    machine mounts it.
 */
import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import type { ClusterName, RunId } from '../../../language/ids.js';
import { TransientError } from '../../errors.js';
import { type ContainerSpec, lastWords, prepareContainer } from './containers.js';
import { type CallOptions, engineCall, statusOf } from '../../docker/engineCall.js';
import { FILLER_ROLE, fillerContainerName, LABEL, SHARED_IMAGES_CACHE, sharedImagesVolumeName } from './names.js';
import { removeContainer, removeVolume } from './removal.js';
import { volumeMount } from './volumes.js';

/** Where machines have the volume, and the container that fills it. */
const FOLDER = '/var/lib/shared-images';
const FILLER = '/usr/local/sbin/fill-shared-images';
const FILL_MS = 10 * 60_000;

/** The mount of the volume of a set. */
export function sharedImagesMount(imageSet: string): Docker.MountSettings {
  return volumeMount(sharedImagesVolumeName(imageSet), FOLDER, { [LABEL.cache]: SHARED_IMAGES_CACHE });
}

export interface SharedImage {
  /** As machines call it: `registry.fleetwright.internal:5000/fleetwright/web`. */
  readonly reference: string;
  /** The digest of its configuration, `sha256:...`: what a machine's Docker calls it. */
  readonly id: string;
}

export interface FillRequest {
  readonly cluster: ClusterName;
  readonly run: RunId;
  readonly imageSet: string;
  readonly images: readonly SharedImage[];
  /** `registry.fleetwright.internal:5000` */
  readonly registry: string;
  /** Its IP address on the cluster's network. */
  readonly registryAddress: string;
  /** The cluster's network. */
  readonly network: string;
}

/**
 * Sees to it that machines which take the set's volume over find exactly these images in it.
 * @throws TransientError with the end of what was printed when the images could not be pulled
 */
export async function fillSharedImages(docker: Docker, request: FillRequest, options: CallOptions = {}): Promise<void> {
  const info = await prepareContainer(docker, fillerSpec(request), options);
  const container = docker.getContainer(info.Id);
  try {
    // One that runs already is another try's (304).
    await engineCall('start filling the shared images', (abortSignal) => container.start({ abortSignal }), options).catch(unlessRunning);
    const ended = await engineCall('wait for the shared images', () => container.wait() as Promise<{ readonly StatusCode: number }>, { ...options, timeoutMs: FILL_MS });
    if (ended.StatusCode !== 0) throw new TransientError(`the images that the machines share could not be pulled${await lastWords(docker, info.Id, options)}`);
  } finally {
    await removeContainer(docker, info.Id);
  }
}

function unlessRunning(error: unknown): void {
  if (statusOf(error) !== 304) throw error;
}

/** Not a machine's rights: its Docker only unpacks layers, and runs nothing. */
function fillerSpec({ cluster, run, imageSet, images, registry, registryAddress, network }: FillRequest): ContainerSpec {
  const wanted = images.map(({ reference, id }) => `${reference}=${id}`);
  const folder = createHash('sha256').update([...wanted].sort().join('\n')).digest('hex').slice(0, 12);
  return {
    name: fillerContainerName(cluster),
    image: 'fleetwright/machine:latest',
    labels: { [LABEL.cluster]: cluster, [LABEL.run]: run, [LABEL.role]: FILLER_ROLE },
    options: {
      Entrypoint: [FILLER],
      Cmd: [registry, folder, ...wanted],
      HostConfig: {
        NetworkMode: network,
        ExtraHosts: [`${registry.slice(0, registry.lastIndexOf(':'))}:${registryAddress}`],
        CapAdd: ['SYS_ADMIN'],
        SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
        UsernsMode: 'host',
        Tmpfs: { '/run': 'rw,mode=755,exec' },
        Mounts: [sharedImagesMount(imageSet)],
        LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
      },
    },
  };
}

/** Removes the volumes of other sets that no container uses. */
export async function removeUnusedSharedImages(docker: Docker, imageSet: string, options: CallOptions = {}): Promise<void> {
  const filters = { label: [`${LABEL.cache}=${SHARED_IMAGES_CACHE}`] };
  const { Volumes } = await engineCall('list the volumes', (abortSignal) => docker.listVolumes({ filters, abortSignal }), options);
  for (const { Name } of Volumes ?? []) if (Name !== sharedImagesVolumeName(imageSet)) await removeVolume(docker, Name, options);
}
