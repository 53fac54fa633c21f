/**
 * fleet's two programs, compiled in a container that is thrown away: so neither the compiler nor the addresses of the host's
 * proxies (which may hold passwords) end up in any image.
 */
import type Docker from 'dockerode';
import { followProgress, lines } from '../docker/client.js';
import { engineCall, engineFind } from '../providers/local/engine.js';
import { IMAGE_LABEL } from './catalogue.js';
import { goVariables, hostCertificates, proxyVariables } from './buildEnvironment.js';
import { packContext, type ContextFile } from './context.js';
import type { MakeRequest } from './make.js';
import { StreamError } from '../docker/client.js';

const CONTAINER = 'fleetwright-compile-fleet';
const FOLDER = 'compile-fleet';
const CERTIFICATES = 'certificates.pem';
const COMPILE_MS = 1_200_000;

/** @throws StreamError when it does not compile; TransientError, PermanentError when the engine refuses */
export async function makeFleet(docker: Docker, files: readonly ContextFile[], request: MakeRequest): Promise<void> {
  await removeContainer(docker);
  try {
    const container = await startCompiler(docker, files, request);
    await followCompiler(container, request);
    await importPrograms(docker, container, request);
  } finally {
    await removeContainer(docker);
  }
}

async function startCompiler(docker: Docker, files: readonly ContextFile[], request: MakeRequest): Promise<Docker.Container> {
  const certificates = await hostCertificates();
  const env = {
    ...await proxyVariables(), ...goVariables(),
    ...(certificates ? { SSL_CERT_FILE: `/opt/${FOLDER}/${CERTIFICATES}` } : {}),
  };
  const context = files.map((file) => ({ ...file, path: `${FOLDER}/${file.path}` }));
  if (certificates) context.push({ path: `${FOLDER}/${CERTIFICATES}`, content: certificates, executable: false });
  const container = await engineCall('create the container that compiles fleet', (abortSignal) => docker.createContainer({
    name: CONTAINER, Image: request.parents[0]?.reference ?? '', Cmd: [`/opt/${FOLDER}/compile`],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { [IMAGE_LABEL]: 'fleet' }, Tty: true, HostConfig: { NetworkMode: 'host' }, abortSignal,
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

async function removeContainer(docker: Docker): Promise<void> {
  await engineFind('remove the container that compiled fleet', (abortSignal) => docker.getContainer(CONTAINER).remove({ force: true, v: true, abortSignal }));
}
