/** The Docker engine that a local cluster runs on: one that answers is used as it is, else one is installed and started. */
import { readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import { PermanentError } from '../errors.js';
import { engineCall } from './engineCall.js';
import type { ProgressListener } from '../progressListener.js';
import { waitFor } from '../wait.js';
import { usesAppArmor } from '../host/appArmor.js';
import { installPackages } from './apt.js';
import { checkDiskSpace, ENGINE_DISK_BYTES } from './disk.js';
import { HOST_SOCKET, findEngine, type FindOptions, type FoundEngine, type Stoppable } from './find.js';
import { asRoot, findProgram, runOnHost } from './hostCommand.js';
import { letInstallerIn, letUserIn, noteInstallation } from './letIn.js';
import { engineRoot, startOwnEngine } from './ownEngine.js';

export { checkDiskSpace, ENGINE_DISK_BYTES } from './disk.js';
export { findEngine, type FoundEngine } from './find.js';
export { stopOwnEngine } from './ownEngine.js';

export interface EnsureOptions extends FindOptions {
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that must be free where the engine keeps its data. @default 6 GiB */
  readonly needBytes?: number;
  /** Further arguments for an engine that is started by hand. @default none */
  readonly engineArguments?: readonly string[];
}

const START_MS = 60_000;

/**
 * An engine that answers.
 * @throws PermanentError when there is none and none may be installed or started, or when its disk is too full
 */
export async function ensureEngine(options: EnsureOptions = {}): Promise<Docker> {
  const { docker } = await usableEngine(options) ?? await provideEngine(options);
  await checkEngineDisk(docker, options);
  return docker;
}

/** As `findEngine`; one that was installed for this user is made usable by them first. */
export async function usableEngine(options: EnsureOptions = {}): Promise<FoundEngine | undefined> {
  if (!(options.env ?? process.env)['DOCKER_HOST']) await letInstallerIn(options.defaultSocket, options);
  return findEngine(options);
}

/** @throws PermanentError when too little is free where the engine keeps its data, as far as that can be seen from here */
async function checkEngineDisk(docker: Docker, { signal, needBytes = ENGINE_DISK_BYTES }: EnsureOptions): Promise<void> {
  const info = await engineCall('ask the Docker engine where it keeps its data', (abortSignal) =>
    (docker as unknown as Stoppable).info({ abortSignal }), { signal });
  if (info.DockerRootDir) await checkDiskSpace(info.DockerRootDir, needBytes);
}

async function provideEngine(options: EnsureOptions): Promise<FoundEngine> {
  const { onProgress, signal } = options;
  await checkDiskSpace(engineRoot(), options.needBytes ?? ENGINE_DISK_BYTES);
  const systemd = await isSystemdHost();
  if (!await findProgram('dockerd')) {
    onProgress?.('Docker is not on this host: installing it');
    await asRoot(['true'], 'install Docker'); // who may not has nothing to be noted
    await noteInstallation();
    await installPackages(await enginePackages(), 'install Docker', { onProgress, signal, startServices: systemd });
  }
  if (systemd) {
    onProgress?.('starting the Docker engine with systemctl');
    await runOnHost(await asRoot(['systemctl', 'start', 'docker'], 'start Docker'), { timeoutMs: START_MS, signal });
    await letUserIn(options.defaultSocket ?? HOST_SOCKET, { onProgress, signal });
  } else {
    onProgress?.('starting a Docker engine of our own');
    await startOwnEngine({ signal, engineArguments: options.engineArguments ?? [] });
  }
  const found = await waitFor(() => findEngine(options), { timeoutMs: START_MS, signal });
  if (found) return found;
  throw new PermanentError('the Docker engine was started and does not answer', systemd ? 'See `journalctl --unit docker`.' : `See ${engineRoot()}/dockerd.log.`);
}

/** Without a parser for its profiles, an engine on a kernel with AppArmor starts no container; Debian's package only recommends it. */
async function enginePackages(): Promise<readonly string[]> {
  return ['docker.io', 'iptables', ...(await usesAppArmor() ? ['apparmor'] : [])];
}

async function isSystemdHost(): Promise<boolean> {
  return (await readFile('/proc/1/comm', 'utf8').catch(() => '')).trim() === 'systemd';
}
