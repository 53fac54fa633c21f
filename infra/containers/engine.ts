/** The engine that a job's containers run on: one that is there. */
import type Docker from 'dockerode';
import { findEngine, HOST_SOCKET } from '../docker/find.js';
import { PermanentError } from '../errors.js';

/** @param what completes "... needs a Docker engine" @throws PermanentError where none answers */
export async function findJobEngine(what: string): Promise<Docker> {
  const found = await findEngine();
  if (found) return found.docker;
  throw new PermanentError(
    `${what} needs a Docker engine, and none answers on this host`,
    'Install and start one (sudo apt-get install docker.io; sudo systemctl start docker), or name one in DOCKER_HOST and start the worker with it.',
  );
}

/** As DOCKER_HOST has it: `unix:///var/run/docker.sock`, `tcp://host:2376`. */
export function addressOf(docker: Docker): string {
  const { socketPath, host, port } = docker.modem as { readonly socketPath?: string; readonly host?: string; readonly port?: string | number };
  return socketPath === undefined ? `tcp://${host ?? 'localhost'}:${port ?? 2375}` : `unix://${socketPath}`;
}

/** @returns undefined for an engine elsewhere */
export function socketOf(address: string): string | undefined {
  return address.startsWith('unix://') ? address.slice('unix://'.length) : undefined;
}

/** The variable that the `docker` command needs beside its defaults. */
export function engineEnvironment(address: string | undefined): Readonly<Record<string, string>> {
  return address === undefined || address === `unix://${HOST_SOCKET}` ? {} : { DOCKER_HOST: address };
}
