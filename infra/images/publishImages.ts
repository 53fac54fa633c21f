/** Brings images into a cluster's registry, from which its machines pull them. */
import type Docker from 'dockerode';
import type { ClusterName, RunId } from '../../language/ids.js';
import { followProgress, imageLabels, progressLine, tagImage, untagImage } from '../docker/client.js';
import { PermanentError, TransientError } from '../errors.js';
import { recordEffect } from '../ledger.js';
import type { ProgressListener } from '../progressListener.js';
import { engineCall } from '../providers/local/engine.js';
import { HASH_LABEL, type ImageName, repository } from './catalogue.js';
import { TAG_LENGTH } from './contentHash.js';

export interface PublishOptions {
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
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';

/**
 * Pushes each image as `fleetwright/<name>:latest` and `:<first 12 of the hash>`, unless the registry's `latest` is that hash.
 * @param registry `127.0.0.1:PORT`, as the engine reaches it
 * @throws PermanentError when an image has not been built; TransientError when the registry does not answer
 */
export async function publishImages(
  docker: Docker, names: readonly ImageName[], registry: string, options: PublishOptions = {},
): Promise<readonly PublishedImage[]> {
  // All are waited for, so that nothing goes on when one has failed.
  const results = await Promise.allSettled(names.map((name) => publish(docker, name, registry, options)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

async function publish(docker: Docker, name: ImageName, registry: string, options: PublishOptions): Promise<PublishedImage> {
  const image = `${repository(name)}:latest`;
  const hash = (await imageLabels(docker, image, options))?.[HASH_LABEL];
  if (hash === undefined) throw new PermanentError(`the image ${image} is not on the engine`, 'Build it first: the build-images action does.');
  const tag = hash.slice(0, TAG_LENGTH);
  if (await isPublished(registry, name, tag, options.signal)) return { name, hash, pushed: false };
  await push(docker, name, registry, tag, tag, options);
  await push(docker, name, registry, tag, 'latest', options);
  if (options.cluster) recordEffect({ effect: 'push-image', cluster: options.cluster, key: name, ...(options.run ? { run: options.run } : {}) });
  return { name, hash, pushed: true };
}

/** Pushed last, `latest` is the hash's manifest only when all of the image is there. */
async function isPublished(registry: string, name: ImageName, tag: string, signal?: AbortSignal): Promise<boolean> {
  const [wanted, latest] = await Promise.all([tag, 'latest'].map((each) => manifestDigest(registry, name, each, signal)));
  return wanted !== undefined && wanted === latest;
}

async function manifestDigest(registry: string, name: ImageName, tag: string, signal?: AbortSignal): Promise<string | undefined> {
  const deadline = AbortSignal.timeout(REGISTRY_MS);
  const response = await fetch(`http://${registry}/v2/${repository(name)}/manifests/${tag}`, {
    method: 'HEAD', headers: { accept: MANIFEST }, signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
  }).catch((error: Error) => {
    signal?.throwIfAborted();
    throw new TransientError(`the registry at ${registry} does not answer: ${(error.cause as Error | undefined)?.message ?? error.message}`, { cause: error });
  });
  if (response.ok) return response.headers.get('docker-content-digest') ?? undefined;
  if (response.status === 404) return undefined;
  throw new TransientError(`the registry at ${registry} answers ${response.status} for ${repository(name)}:${tag}`);
}

async function push(docker: Docker, name: ImageName, registry: string, hashTag: string, tag: string, { onProgress, signal }: PublishOptions): Promise<void> {
  const repo = `${registry}/${repository(name)}`;
  const options = { signal, timeoutMs: PUSH_MS };
  await tagImage(docker, `${repository(name)}:${hashTag}`, repo, tag, options);
  try {
    const stream = await engineCall(`push ${repo}:${tag}`, (abortSignal) =>
      docker.getImage(`${repo}:${tag}`).push({ authconfig: {}, abortSignal } as Docker.ImagePushOptions), options);
    await followProgress(stream, (message) => {
      const line = progressLine(message);
      if (line) onProgress?.(`${name}: ${line}`);
    }, signal);
  } finally {
    await untagImage(docker, `${repo}:${tag}`);
  }
}
