/**
 * fleet's two programs, compiled in a container that is thrown away: so neither the compiler nor the addresses of the host's
 * proxies (which may hold passwords) end up in any image.
 */
import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { followProgress, lines, StreamError } from '../docker/client.js';
import { engineCall, engineFind } from '../docker/engineCall.js';
import { goVariables, hostCertificates, proxyVariables } from './buildEnvironment.js';
import { packContext, type ContextFile } from './context.js';
import type { MakeRequest } from './make.js';

const ROLE_LABEL = 'fleetwright.compiles';
const FOLDER = 'compile-fleet';
const CERTIFICATES = 'certificates.pem';
const COMPILE_MS = 1_200_000;
/** After this a container can only be one whose owner was killed. */
const ABANDONED_MS = 3_600_000;

/** @throws StreamError when it does not compile; TransientError, PermanentError when the engine refuses */
export async function makeFleet(docker: Docker, files: readonly ContextFile[], request: MakeRequest): Promise<void> {
  await removeAbandoned(docker);
  // Others may compile on the same engine at the same time, so each has a container of its own.
  const name = `fleetwright-compile-fleet-${randomBytes(4).toString('hex')}`;
  try {
    const container = await startCompiler(docker, name, files, request);
    await followCompiler(container, request);
    await importPrograms(docker, container, request);
  } finally {
    await removeContainer(docker, name);
  }
}

async function startCompiler(
  docker: Docker, name: string, files: readonly ContextFile[], request: MakeRequest,
): Promise<Docker.Container> {
  const certificates = await hostCertificates();
  const env = {
    ...await proxyVariables(), ...goVariables(),
    ...(certificates ? { SSL_CERT_FILE: `/opt/${FOLDER}/${CERTIFICATES}` } : {}),
  };
  const context = files.map((file) => ({ ...file, path: `${FOLDER}/${file.path}` }));
  if (certificates) context.push({ path: `${FOLDER}/${CERTIFICATES}`, content: certificates, executable: false });
  const container = await engineCall('create the container that compiles fleet', (abortSignal) => docker.createContainer({
    name, Image: request.parents[0]?.id ?? '', Cmd: [`/opt/${FOLDER}/compile`],
    Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    Labels: { [ROLE_LABEL]: 'fleet' }, Tty: true, HostConfig: { NetworkMode: 'host' }, abortSignal,
  }), request);
  await engineCall('hand fleet\'s module file over', (abortSignal) => container.putArchive(packContext(context), { path: '/opt', abortSignal }), request);
  await engineCall('start the container that compiles fleet', (abortSignal) => container.start({ abortSignal }), request);
  return container;
}

async function followCompiler(container: Docker.Container, { onLine, signal }: MakeRequest): Promise<void> {
  const options = { timeoutMs: COMPILE_MS, signal };
  const log = await engineCall('read the log of fleet\'s compilation', (abortSignal) =>
    container.logs({ follow: true, stdout: true, stderr: true, abortSignal }), options);
  for await (const line of lines(log)) onLine(line);
  const { StatusCode } = await engineCall('wait for fleet\'s compilation', (abortSignal) => container.wait({ abortSignal }), options) as { StatusCode: number };
  if (StatusCode !== 0) throw new StreamError(`the compilation ended with exit code ${StatusCode}`);
}

async function importPrograms(docker: Docker, container: Docker.Container, { repo, tag, labels, signal }: MakeRequest): Promise<void> {
  const programs = await engineCall('take fleet\'s programs', (abortSignal) =>
    container.getArchive({ path: `/opt/${FOLDER}/out/usr`, abortSignal }), { signal });
  const changes = Object.entries(labels).map(([key, value]) => `LABEL ${key}=${value}`);
  const stream = await engineCall('import fleet\'s programs', (abortSignal) =>
    docker.importImage(programs, { repo, tag, changes, abortSignal }), { signal, timeoutMs: 120_000 });
  await followProgress(stream as unknown as NodeJS.ReadableStream, () => undefined, signal);
}

async function removeAbandoned(docker: Docker): Promise<void> {
  const found = await engineCall('look for abandoned containers', (abortSignal) =>
    docker.listContainers({ all: true, filters: { label: [ROLE_LABEL] }, abortSignal }));
  const abandoned = found.filter(({ Created }) => Date.now() - Created * 1000 > ABANDONED_MS);
  for (const { Id } of abandoned) await removeContainer(docker, Id);
}

async function removeContainer(docker: Docker, name: string): Promise<void> {
  await engineFind('remove the container that compiled fleet', (abortSignal) =>
    docker.getContainer(name).remove({ force: true, v: true, abortSignal }));
}
