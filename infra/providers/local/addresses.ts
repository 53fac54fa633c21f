/** Fixed addresses of a cluster's machines. */
import type Docker from 'dockerode';
import type { ClusterName, MachineName } from '../../../language/ids.js';
import { PermanentError } from '../../errors.js';
import { addressIn, overlap, parseSubnet } from '../../host/subnets.js';
import { type CallOptions, engineCall } from '../../docker/engineCall.js';
import { LABEL, type Labels, clusterFilter, serverContainerName } from './names.js';
import type { ClusterNetwork } from './network.js';

/** Number in the subnet of the container with the cluster's own services. */
export const SERVICES_NUMBER = 2;
/** `core01` has number 11. */
const NUMBER_OF_ZERO = 10;
const LAST_NUMBER = 254;

export interface AddressQuestion {
  readonly cluster: ClusterName;
  readonly name: MachineName;
  readonly network: ClusterNetwork;
  /** Labels of the server, when it is there: it keeps its address as long as the network has it. */
  readonly existing: Labels | undefined;
}

/**
 * The address of a server: its own if it has one, else by the number at the end of its name (`core07` is `.17`), else the first
 * free one.
 * @throws PermanentError when the subnet is full
 */
export async function chooseAddress(docker: Docker, question: AddressQuestion, options: CallOptions = {}): Promise<string> {
  const { cluster, name, network, existing } = question;
  const own = existing?.[LABEL.address];
  if (own && isIn(own, network.subnet)) return own;
  const taken = await addressesInUse(docker, cluster, serverContainerName(cluster, name), options);
  const free = candidates(name).map((number) => addressIn(network.subnet, number)).find((address) => !taken.has(address));
  if (free) return free;
  throw new PermanentError(`the network ${network.name} has no free address`, 'A local cluster holds at most 243 machines; use fewer.');
}

function isIn(address: string, cidr: string): boolean {
  const [one, all] = [parseSubnet(`${address}/32`), parseSubnet(cidr)];
  return one !== undefined && all !== undefined && overlap(one, all);
}

function candidates(name: MachineName): readonly number[] {
  const named = NUMBER_OF_ZERO + Number(/\d+$/.exec(name)?.[0] ?? 0);
  const all = Array.from({ length: LAST_NUMBER - NUMBER_OF_ZERO }, (_, i) => NUMBER_OF_ZERO + 1 + i);
  return all.includes(named) ? [named, ...all] : all;
}

async function addressesInUse(docker: Docker, cluster: ClusterName, except: string, options: CallOptions): Promise<ReadonlySet<string>> {
  const filters = clusterFilter(cluster, LABEL.address);
  const found = await engineCall('list the containers', (abortSignal) => docker.listContainers({ all: true, filters, abortSignal }), options);
  return new Set(found.flatMap(({ Names, Labels }) => (Names.includes(`/${except}`) ? [] : [Labels[LABEL.address] ?? ''])));
}
