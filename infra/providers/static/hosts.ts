/** The inventory's hosts: how each is logged in to, and what it says of itself. */
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import type { InventoryHost } from '../../../language/inventory.js';
import type { ClusterName, RunId } from '../../../language/ids.js';
import { type HostLook, lookAtHost } from '../../hostSetup/look.js';
import type { Server } from '../../provider.js';
import type { Secret } from '../../secret.js';
import type { SshLogin, SshTransport } from '../../ssh/connection.js';
import { withMachines } from '../../ssh/pool.js';
import { userLogin } from '../../ssh/userLogin.js';
import { workerConnections } from '../../ssh/workerConnections.js';

export interface HostAccess {
  readonly acceptNew: boolean;
  /** For sudo, where it asks. @default none */
  readonly sudoPassword?: Secret | undefined;
}

/** @throws InvalidInputError for a key or an SSH configuration that cannot be used */
export async function hostLogin(host: InventoryHost, { acceptNew, sudoPassword }: HostAccess): Promise<SshLogin> {
  const login = await userLogin(host, { acceptNew });
  return { ...login, sudo: login.username === 'root' ? 'root' : sudoPassword ?? 'free' };
}

/** Gives `use` a connection to the host. @throws as `connectSsh` */
export function onHost<T>(login: SshLogin, use: (machine: SshTransport) => Promise<T>, signal?: AbortSignal): Promise<T> {
  return withMachines({ kept: workerConnections, ...(signal ? { signal } : {}) }, async (pool) => use(await pool.machine(login)));
}

export interface SeenHost {
  readonly host: InventoryHost;
  readonly login: SshLogin;
  readonly look: HostLook;
}

export async function see(host: InventoryHost, access: HostAccess, signal?: AbortSignal): Promise<SeenHost> {
  const login = await hostLogin(host, access);
  return { host, login, look: await onHost(login, (machine) => lookAtHost(machine, signal), signal) };
}

/** A host that has its mark. */
export async function serverOf({ host, login, look }: SeenHost, mark: NonNullable<HostLook['mark']>): Promise<Server> {
  const privateAddress = host.privateAddress ?? look.address;
  return {
    name: host.name,
    id: mark.id,
    tags: { cluster: mark.cluster as ClusterName, run: mark.run as RunId, discoveryUrl: mark.discoveryUrl },
    state: 'running',
    privateAddress,
    publicAddress: host.publicAddress ?? await addressOf(login.host) ?? privateAddress,
    labels: host.labels,
  };
}

/** One that does not answer: it may be a machine of the cluster or none. */
export function silentServer(host: InventoryHost, cluster: ClusterName): Server {
  const address = host.privateAddress ?? host.address;
  return {
    name: host.name, id: '', tags: { cluster, run: '' as RunId, discoveryUrl: '' }, state: 'stopped',
    privateAddress: address, publicAddress: host.publicAddress ?? host.address, labels: host.labels,
  };
}

/** Undefined where the name is one that only a jump host knows. */
async function addressOf(host: string): Promise<string | undefined> {
  if (isIPv4(host)) return host;
  return lookup(host, { family: 4 }).then(({ address }) => address, () => undefined);
}
