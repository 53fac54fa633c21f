/** A plain Debian to start from: pulled where the engine reaches a hub, else put together from the host's own package mirror. */
import type Docker from 'dockerode';
import { followProgress, imageLabels, progressLine, tagImage, untagImage } from '../docker/client.js';
import { installPackages } from '../docker/apt.js';
import { asRoot, findProgram, startOnHost } from '../docker/hostCommand.js';
import { PermanentError } from '../errors.js';
import { engineCall } from '../docker/engineCall.js';
import { hostMirror, SUITE, sourceLines } from './aptSources.js';
import { proxyVariables } from './buildEnvironment.js';
import type { MakeRequest } from './make.js';

const HUB_IMAGE = `debian:${SUITE}-slim`;
/** Until the hub must have begun to answer; layers may then take their time. */
const HUB_ANSWER_MS = 6_000;
const PULL_MS = 600_000;
const BOOTSTRAP_MS = 900_000;

/** @throws PermanentError when there is neither a hub nor a Debian mirror */
export async function makeDebian(docker: Docker, request: MakeRequest): Promise<void> {
  if (await imageLabels(docker, HUB_IMAGE, request) !== undefined) {
    await tagImage(docker, HUB_IMAGE, request.repo, request.tag, request);
  } else if (await pull(docker, request)) {
    await tagImage(docker, HUB_IMAGE, request.repo, request.tag, request);
    await untagImage(docker, HUB_IMAGE, request);
  } else {
    await bootstrap(docker, request);
  }
}

/** Whether it was pulled: false when the hub does not answer soon, or has no such image. */
async function pull(docker: Docker, { onLine, signal }: MakeRequest): Promise<boolean> {
  const stop = new AbortController();
  const limits = AbortSignal.any([stop.signal, AbortSignal.timeout(PULL_MS), ...(signal ? [signal] : [])]);
  const silence = setTimeout(() => stop.abort(new Error('the hub does not answer')), HUB_ANSWER_MS);
  try {
    const stream = await docker.createImage({ fromImage: HUB_IMAGE, abortSignal: limits }) as unknown as NodeJS.ReadableStream;
    await followProgress(stream, (message) => {
      clearTimeout(silence);
      const line = progressLine(message);
      if (line) onLine(line);
    }, limits);
    return true;
  } catch {
    signal?.throwIfAborted();
    onLine(`${HUB_IMAGE} cannot be pulled: Debian is put together from this host's package mirror`);
    return false;
  } finally {
    clearTimeout(silence);
  }
}

async function bootstrap(docker: Docker, { repo, tag, labels, onLine, signal }: MakeRequest): Promise<void> {
  const mirror = await hostMirror();
  if (!mirror) {
    throw new PermanentError(
      `the engine cannot pull ${HUB_IMAGE}, and this host's apt sources name no Debian mirror`,
      `Give the engine a way to an image hub, or load the image: docker load < ${SUITE}-slim.tar.`,
    );
  }
  if (/\/\/[^/]*@/.test(`${mirror.main} ${mirror.security ?? ''}`)) {
    throw new PermanentError('the host\'s Debian mirror has a password in its address, which would end up in the images', 'Put the password into apt\'s auth.conf.d and use a mirror that images can reach without one.');
  }
  if (!await findProgram('mmdebstrap')) await installPackages(['mmdebstrap'], 'put a Debian system together', { onProgress: onLine, signal });
  const proxies = await proxyVariables();
  const argv = await asRoot(['mmdebstrap', '--variant=minbase', '--format=tar', '--dpkgopt=force-unsafe-io',
    ...['doc', 'man', 'info', 'locale'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
    '--include=ca-certificates,iproute2,curl,procps', SUITE, '-', '-'], 'put a Debian system together', ['TMPDIR', ...Object.keys(proxies)]);
  // Not /tmp: it may be small, or mounted without devices, which a system's folder needs.
  const command = startOnHost(argv, { stdin: sourceLines(mirror), env: { TMPDIR: '/var/tmp', ...proxies }, timeoutMs: BOOTSTRAP_MS, signal, onLine });
  const imported = (async () => {
    const stream = await engineCall('import the base system', (abortSignal) => docker.importImage(command.child.stdout as NodeJS.ReadableStream, {
      repo, tag, changes: [...Object.entries(labels).map(([key, value]) => `LABEL ${key}=${value}`), 'CMD ["bash"]'], abortSignal,
    }), { timeoutMs: BOOTSTRAP_MS, signal });
    await followProgress(stream as unknown as NodeJS.ReadableStream, () => undefined, signal);
  })();
  try {
    await Promise.all([command.done, imported]);
  } catch (error) {
    // A system that was cut off may have been imported all the same.
    await Promise.allSettled([imported]);
    await untagImage(docker, `${repo}:${tag}`);
    throw error;
  }
}
