/** Images that have a Dockerfile. */
import type Docker from 'dockerode';
import { followProgress, progressLine } from '../docker/client.js';
import { engineCall } from '../docker/engineCall.js';
import { proxyVariables } from './buildEnvironment.js';
import { packContext, type ContextFile } from './context.js';
import type { MakeRequest } from './make.js';

const BUILD_MS = 1_200_000;

/** @throws StreamError when an instruction fails; TransientError, PermanentError when the engine refuses */
export async function makeFromDockerfile(docker: Docker, files: readonly ContextFile[], request: MakeRequest): Promise<void> {
  const { repo, tag, labels, parents, noCache, onLine, signal } = request;
  const buildargs = {
    ...await proxyVariables(),
    ...Object.fromEntries(parents.map(({ name, id }) => [`PARENT_${name.toUpperCase()}`, id])),
  };
  const stream = await engineCall(`build the image ${repo}`, (abortSignal) => docker.buildImage(packContext(files), {
    t: `${repo}:${tag}`, labels: { ...labels }, buildargs, nocache: noCache, rm: true, forcerm: true,
    // The host's network: its name servers and a proxy on its loopback work in builds too.
    networkmode: 'host', abortSignal,
  }), { timeoutMs: BUILD_MS, signal });
  await followProgress(stream, (message) => {
    const line = progressLine(message);
    if (line) onLine(line);
  }, signal);
}
