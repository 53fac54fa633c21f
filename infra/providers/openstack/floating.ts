/** Floating addresses of servers: told by their description, since a server shows one only some time after it was given. */
import type { ClusterName, MachineName } from '../../../language/ids.js';
import type { CloudServer } from '../../cloud/servers.js';
import { isAmbiguous } from '../../cloud/errors.js';
import { TransientError } from '../../errors.js';
import { inTurn } from '../../turns.js';
import type { Cloud } from './cloud.js';
import { addressDescription } from './names.js';

/** The floating addresses of a cluster's servers by their descriptions; empty where none are asked for. */
export async function floatingAddresses(cloud: Cloud, signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
  if (cloud.settings.floatingNetwork === '') return new Map();
  return new Map((await cloud.networks.floatingAddresses(signal)).map(({ description, address }) => [description, address]));
}

/** The server's floating address, got from this network when it has none. One after the other: clouds lock up where several take an address at once. */
export function ensureFloating(cloud: Cloud, cluster: ClusterName, name: MachineName, server: CloudServer, network: string, signal?: AbortSignal): Promise<string> {
  return inTurn(`floating/${network}`, () => ensure(cloud, cluster, name, server, network, signal));
}

async function ensure(cloud: Cloud, cluster: ClusterName, name: MachineName, server: CloudServer, network: string, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted();
  const description = addressDescription(cluster, name);
  const port = await portOf(cloud, server, signal);
  const find = async (): Promise<string | undefined> => {
    const ours = (await cloud.networks.floatingAddresses(signal)).filter((one) => one.description === description);
    // One that led to an earlier server of the name leads nowhere now.
    for (const { id } of ours.filter((one) => one.port !== port)) await cloud.networks.deleteFloatingAddress(id);
    return ours.find((one) => one.port === port)?.address;
  };
  const existing = await find();
  if (existing !== undefined) return existing;
  try {
    return (await cloud.networks.createFloatingAddress(network, port, description)).address;
  } catch (error) {
    const made = isAmbiguous(error) ? await find() : undefined;
    if (made !== undefined) return made;
    throw error;
  }
}

/** The port on the machines' own network: the first one of the server. */
async function portOf(cloud: Cloud, { id, name }: CloudServer, signal?: AbortSignal): Promise<string> {
  const [first] = await cloud.networks.ports(id, signal);
  if (first) return first.id;
  throw new TransientError(`the server ${name} has no port for a floating address yet`);
}
