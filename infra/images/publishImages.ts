/** Brings images into a cluster's registry, from which its machines pull them. */
import type Docker from 'dockerode';
import type { ClusterName, RunId } from '../../language/ids.js';
import { followProgress, progressLine, tagImage, untagImage } from '../docker/client.js';
import { allEnded } from '../allEnded.js';
import { PermanentError, TransientError } from '../errors.js';
import { recordEffect } from '../ledger.js';
import type { ProgressListener } from '../progressListener.js';
import { engineCall, engineFind } from '../docker/engineCall.js';
import { HASH_LABEL, type ImageName, repository } from './catalogue.js';

export interface PublishOptions {
  /** The registry as this process reaches it, where that is not as the engine does. @default as the engine */
  readonly fromHere?: string;
  /** Each line of the engine's report, after the image's name. */
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For the ledger; without it nothing is recorded. */
  readonly cluster?: ClusterName;
  readonly run?: RunId;
}

export interface PublishedImage {
  readonly name: ImageName;
  readonly hash: string;
  /** False when the registry had exactly this image already. */
  readonly pushed: boolean;
}

const PUSH_MS = 600_000;
const REGISTRY_MS = 10_000;
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json';

/**
 * Pushes each image as `fleetwright/<name>:latest`, unless the registry has exactly that image under this name.
 * @param registry `127.0.0.1:PORT`, as the engine reaches it
 * @throws PermanentError when an image has not been built; TransientError when the registry does not answer
 */
export async function publishImages(
  docker: Docker, names: readonly ImageName[], registry: string, options: PublishOptions = {},
): Promise<readonly PublishedImage[]> {
  const [first, ...others] = names;
  if (first === undefined) return [];
  // The first brings the layers that all have in common; the registry then mounts them for the others.
  const published = [await publish(docker, first, registry, options)];
  published.push(...await allEnded(others.map((name) => publish(docker, name, registry, options))));
  return published;
}

/** What the registry holds under an image's name. */
export interface PublishedDigest {
  readonly name: ImageName;
  /** The digest of its configuration, by which a machine's Docker knows it; undefined where the registry holds an index of several. */
  readonly id: string | undefined;
}

/** @param registry as for `publishImages` @throws TransientError when it does not answer, or lacks an image */
export async function publishedImages(registry: string, names: readonly ImageName[], signal?: AbortSignal): Promise<readonly PublishedDigest[]> {
  return Promise.all(names.map(async (name) => {
    const digests = await digestsOf(registry, name, signal);
    if (!digests) throw new TransientError(`the registry at ${registry} has no ${repository(name)}`);
    return { name, id: digests.config };
  }));
}

async function publish(docker: Docker, name: ImageName, registry: string, options: PublishOptions): Promise<PublishedImage> {
  const { signal, cluster, run } = options;
  const local = await engineFind(`look for the image ${repository(name)}`, () => docker.getImage(`${repository(name)}:latest`).inspect(), { signal });
  const hash = local?.Config.Labels?.[HASH_LABEL];
  if (!local || hash === undefined) throw new PermanentError(`the image ${repository(name)} is not on the engine`, 'Build it first: the build-images action does.');
  // Engines know an image by the digest of its configuration (the classic image store) or of its manifest (containerd's).
  const digests = await digestsOf(options.fromHere ?? registry, name, signal);
  if (digests?.config === local.Id || digests?.manifest === local.Id) return { name, hash, pushed: false };
  await push(docker, local.Id, `${registry}/${repository(name)}`, name, options);
  if (cluster) recordEffect({ effect: 'push-image', cluster, key: name, ...(run ? { run } : {}) });
  return { name, hash, pushed: true };
}

interface Digests {
  readonly config: string | undefined;
  readonly manifest: string | undefined;
}

/** Undefined when the registry has no such image. */
async function digestsOf(registry: string, name: ImageName, signal?: AbortSignal): Promise<Digests | undefined> {
  const deadline = AbortSignal.timeout(REGISTRY_MS);
  try {
    const response = await fetch(`http://${registry}/v2/${repository(name)}/manifests/latest`, {
      headers: { accept: MANIFEST }, signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    const manifest = await response.json() as { readonly config?: { readonly digest?: string } };
    return { config: manifest.config?.digest, manifest: response.headers.get('docker-content-digest') ?? undefined };
  } catch (error) {
    signal?.throwIfAborted();
    const { message, cause } = error as Error;
    throw new TransientError(`the registry at ${registry} cannot be asked for ${repository(name)}: ${(cause as Error | undefined)?.message ?? message}`, { cause: error });
  }
}

async function push(docker: Docker, id: string, repo: string, name: ImageName, { onProgress, signal }: PublishOptions): Promise<void> {
  const options = { signal, timeoutMs: PUSH_MS };
  await tagImage(docker, id, repo, 'latest', options);
  try {
    const stream = await engineCall(`push ${repo}`, (abortSignal) =>
      docker.getImage(`${repo}:latest`).push({ authconfig: {}, abortSignal } as Docker.ImagePushOptions), options);
    await followProgress(stream, (message) => {
      const line = progressLine(message);
      if (line) onProgress?.(`${name}: ${line}`);
    }, signal);
  } finally {
    await untagImage(docker, `${repo}:latest`);
  }
}
