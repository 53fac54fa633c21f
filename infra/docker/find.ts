/** Looks for a Docker engine that answers. */
import { existsSync } from 'node:fs';
import type Docker from 'dockerode';
import { PermanentError } from '../errors.js';
import { stateDir } from '../paths.js';
import { openDocker } from './client.js';

export interface FoundEngine {
  readonly docker: Docker;
  /** `unix:///var/run/docker.sock`, or what DOCKER_HOST says. */
  readonly address: string;
  /** Whether it is the engine that we started by hand. */
  readonly own: boolean;
}

export interface FindOptions {
  /** @default this process's */
  readonly env?: NodeJS.ProcessEnv;
  /** @default HOST_SOCKET */
  readonly defaultSocket?: string;
}

/** Where the host's own engine listens. */
export const HOST_SOCKET = '/var/run/docker.sock';

const PING_MS = 5_000;

/** The socket of the engine that we start by hand. */
export function ownSocket(): string {
  return stateDir('docker', 'docker.sock');
}

/**
 * The engine of DOCKER_HOST; without that the host's own; else ours. Undefined when none answers.
 * @throws PermanentError when DOCKER_HOST names an engine that does not answer, or when this user may not use the host's
 */
export async function findEngine({ env = process.env, defaultSocket = HOST_SOCKET }: FindOptions = {}): Promise<FoundEngine | undefined> {
  const host = env['DOCKER_HOST'];
  if (host) return chosenEngine(host);
  const standard = await answers(defaultSocket);
  if (standard.docker) return { docker: standard.docker, address: `unix://${defaultSocket}`, own: false };
  const own = await answers(ownSocket());
  if (own.docker) return { docker: own.docker, address: `unix://${ownSocket()}`, own: true };
  if (standard.denied) {
    throw new PermanentError(`this user may not use the Docker engine at ${defaultSocket}`, 'Let it (sudo usermod -aG docker "$USER", then log in again), or run as root.');
  }
  return undefined;
}

async function chosenEngine(address: string): Promise<FoundEngine> {
  try {
    // dockerode reads DOCKER_HOST, and what TLS needs beside it, by itself.
    const docker = await openDocker(address.startsWith('unix://') ? { socketPath: address.slice('unix://'.length) } : undefined);
    await ping(docker);
    return { docker, address, own: address === `unix://${ownSocket()}` };
  } catch (error) {
    throw new PermanentError(`DOCKER_HOST is ${address}, and no engine answers there: ${(error as Error).message}`, 'Start that engine, or unset DOCKER_HOST to use this host\'s.', { cause: error });
  }
}

async function answers(socketPath: string): Promise<{ readonly docker?: Docker; readonly denied?: boolean }> {
  if (!existsSync(socketPath)) return {};
  const docker = await openDocker({ socketPath });
  try {
    await ping(docker);
    return { docker };
  } catch (error) {
    return { denied: ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '') };
  }
}

/** Calls that take a signal, which dockerode's types leave out. */
export interface Stoppable {
  ping(options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
  info(options: { readonly abortSignal: AbortSignal }): Promise<{ readonly DockerRootDir?: string }>;
}

/** @throws when the engine does not answer in time */
export async function ping(docker: Docker, signal?: AbortSignal): Promise<void> {
  const deadline = AbortSignal.timeout(PING_MS);
  await (docker as unknown as Stoppable).ping({ abortSignal: signal ? AbortSignal.any([signal, deadline]) : deadline });
}
