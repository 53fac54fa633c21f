/** The cluster's own services as a container on its first machine, through that machine's engine: registry and discovery on its private address. */
import type Docker from 'dockerode';
import type { ClusterName } from '../../language/ids.js';
import { engineCall } from '../docker/engineCall.js';
import { followProgress, imageLabels } from '../docker/client.js';
import { TransientError } from '../errors.js';
import { createDiscoveryUrl } from '../discovery/discovery.js';
import { buildImages } from '../images/buildImages.js';
import { HASH_LABEL, repository } from '../images/catalogue.js';
import { recordEffect } from '../ledger.js';
import { type ContainerSpec, inspectContainer, prepareContainer, startContainer } from '../providers/local/containers.js';
import { LABEL, REGISTRY_VOLUME, SERVICES_ROLE, servicesContainerName } from '../providers/local/names.js';
import { answers } from '../providers/local/reach.js';
import { SERVICE_PORT } from '../providers/local/services.js';
import { volumeMount } from '../providers/local/volumes.js';
import type { Transport } from '../transport.js';
import { withTunnel } from '../ssh/tunnel.js';
import { waitFor } from '../wait.js';
import type { SiteCall } from './site.js';

export interface FirstMachine {
  readonly cluster: ClusterName;
  readonly machine: Transport;
  /** Its engine. */
  readonly docker: Docker;
  readonly privateAddress: string;
}

const READY_MS = 60_000;
const LOAD_MS = 600_000;

/**
 * Starts the services unless they run, and waits until they answer. Safe to repeat.
 * @param builder this host's engine, which has built the image; undefined: the machine's builds it
 * @throws TransientError, PermanentError
 */
export async function ensureMachineServices(first: FirstMachine, builder: Docker | undefined, call: SiteCall): Promise<void> {
  const { cluster, docker, machine } = first;
  const { run, signal } = call;
  const existing = await inspectContainer(docker, servicesContainerName(cluster), { signal });
  if (!existing) await ensureImage(docker, builder, call);
  const info = existing ?? await prepareContainer(docker, servicesSpec(first, call), { signal });
  const change = await startContainer(docker, info, { signal });
  if (change !== 'none') recordEffect({ effect: change === 'created' ? 'create-services' : 'start-services', cluster, key: servicesContainerName(cluster), run });
  const ready = await withTunnel(machine, '127.0.0.1', SERVICE_PORT.registry, (registry) => withTunnel(machine, '127.0.0.1', SERVICE_PORT.discovery, (discovery) =>
    waitFor(async () => {
      const looks = await Promise.all([answers(`http://127.0.0.1:${registry.port}/v2/`, signal), answers(`http://127.0.0.1:${discovery.port}/health`, signal)]);
      return looks.every(Boolean) || undefined;
    }, { timeoutMs: READY_MS, signal })));
  if (!ready) throw new TransientError(`the registry and the discovery service on the first machine do not answer after ${READY_MS / 1000} s`);
}

/** A discovery URL of the service on the machine. @throws as `createDiscoveryUrl` */
export async function machineDiscoveryUrl({ cluster, docker, machine, privateAddress }: FirstMachine, size: number, { run, signal }: SiteCall): Promise<string> {
  const info = await inspectContainer(docker, servicesContainerName(cluster), { signal });
  const etcdPort = Number(info?.NetworkSettings.Ports[`${SERVICE_PORT.etcd}/tcp`]?.[0]?.HostPort);
  return withTunnel(machine, '127.0.0.1', SERVICE_PORT.discovery, (discovery) => withTunnel(machine, '127.0.0.1', etcdPort, (etcd) => createDiscoveryUrl({
    service: `http://127.0.0.1:${discovery.port}`, publicService: `http://${privateAddress}:${SERVICE_PORT.discovery}`,
    etcd: `http://127.0.0.1:${etcd.port}`, size, cluster, run, signal,
  })));
}

/** Brings the image to the machine's engine, as a whole: there is no registry yet. */
async function ensureImage(docker: Docker, builder: Docker | undefined, { onProgress, signal }: SiteCall): Promise<void> {
  const engine = builder ?? docker;
  await buildImages(engine, ['infra'], { onProgress, signal });
  if (builder === undefined) return;
  const name = `${repository('infra')}:latest`;
  const [wanted, there] = await Promise.all([imageLabels(builder, name, { signal }), imageLabels(docker, name, { signal })]);
  if (wanted?.[HASH_LABEL] === there?.[HASH_LABEL]) return;
  onProgress('sending the image of the registry and the discovery service to the first machine');
  const image = await engineCall(`read the image ${name}`, () => builder.getImage(name).get(), { signal, timeoutMs: LOAD_MS });
  const answer = await engineCall(`load the image ${name}`, () => docker.loadImage(image as unknown as string, { quiet: true }), { signal, timeoutMs: LOAD_MS });
  await followProgress(answer, () => undefined, signal);
}

function servicesSpec({ cluster, privateAddress }: FirstMachine, { run }: SiteCall): ContainerSpec {
  const loopback = { HostIp: '127.0.0.1' };
  const both = (port: number) => [{ HostIp: privateAddress, HostPort: String(port) }, { ...loopback, HostPort: String(port) }];
  return {
    name: servicesContainerName(cluster),
    image: `${repository('infra')}:latest`,
    labels: { [LABEL.cluster]: cluster, [LABEL.run]: run, [LABEL.role]: SERVICES_ROLE, [LABEL.address]: privateAddress },
    options: {
      Hostname: 'infra',
      Env: [`PUBLIC_ADDRESS=${privateAddress}`],
      ExposedPorts: Object.fromEntries(Object.values(SERVICE_PORT).map((port) => [`${port}/tcp`, {}])),
      HostConfig: {
        RestartPolicy: { Name: 'unless-stopped' },
        PortBindings: {
          [`${SERVICE_PORT.registry}/tcp`]: both(SERVICE_PORT.registry),
          [`${SERVICE_PORT.discovery}/tcp`]: both(SERVICE_PORT.discovery),
          [`${SERVICE_PORT.etcd}/tcp`]: [{ ...loopback, HostPort: '' }],
        },
        Mounts: [volumeMount(REGISTRY_VOLUME, '/var/lib/registry', {})],
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } },
      },
    },
  };
}
