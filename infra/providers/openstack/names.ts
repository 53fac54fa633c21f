/** Names and metadata of what is made in a cloud. The metadata is how a server is found again; a name is the same for the same thing at each try. */
import { type ClusterName, type MachineName, parseClusterName, parseMachineName, parseRunId } from '../../../language/ids.js';
import type { CloudServer } from '../../cloud/servers.js';
import { InvalidInputError } from '../../errors.js';
import type { ServerTags } from '../../provider.js';

export const KEY = {
  cluster: 'fleetwright.cluster',
  run: 'fleetwright.run',
  server: 'fleetwright.server',
  discoveryUrl: 'fleetwright.discovery-url',
  /** Names of networks, as the run that booted the server was told: see addresses.ts. */
  privateNetwork: 'fleetwright.private-network',
  publicNetwork: 'fleetwright.public-network',
} as const;

/** A metadata value may have as many characters. */
const LONGEST_VALUE = 255;

/** `demo-core01` */
export function serverName(cluster: ClusterName, name: MachineName): string {
  return `${namePrefix(cluster)}${name}`;
}

/** With which the names of a cluster's servers begin. Those of another cluster may do so too: the metadata tells. */
export function namePrefix(cluster: ClusterName): string {
  return `${cluster}-`;
}

/** `fleetwright-demo`: the name of the cluster's security group, and of its key where the user named none. */
export function clusterThing(cluster: ClusterName): string {
  return `fleetwright-${cluster}`;
}

/** `fleetwright demo`: how a security group says whose it is. */
export function groupDescription(cluster: ClusterName): string {
  return `fleetwright ${cluster}`;
}

/** `fleetwright demo core01`: how a floating address says whose it is. */
export function addressDescription(cluster: ClusterName, server: MachineName): string {
  return `fleetwright ${cluster} ${server}`;
}

/** @throws InvalidInputError for a value that the cloud would not keep */
export function serverMetadata(name: MachineName, tags: ServerTags, networks: { readonly private: string; readonly public: string }): Readonly<Record<string, string>> {
  const metadata = {
    [KEY.cluster]: tags.cluster, [KEY.run]: tags.run, [KEY.server]: name, [KEY.discoveryUrl]: tags.discoveryUrl,
    ...(networks.private === '' ? {} : { [KEY.privateNetwork]: networks.private }),
    ...(networks.public === '' ? {} : { [KEY.publicNetwork]: networks.public }),
  };
  const long = Object.entries(metadata).find(([, value]) => value.length > LONGEST_VALUE);
  if (long) throw new InvalidInputError(`${long[0]} of ${name} has ${long[1].length} characters, and a cloud keeps ${LONGEST_VALUE}`, 'Give a shorter one.');
  return metadata;
}

/** What a server of ours says of itself; undefined for any other server. */
export function tagsOf({ metadata }: Pick<CloudServer, 'metadata'>): { readonly name: MachineName; readonly tags: ServerTags } | undefined {
  const { [KEY.cluster]: cluster, [KEY.run]: run, [KEY.server]: name, [KEY.discoveryUrl]: discoveryUrl = '' } = metadata;
  if (cluster === undefined || run === undefined || name === undefined) return undefined;
  try {
    return { name: parseMachineName(name), tags: { cluster: parseClusterName(cluster), run: parseRunId(run), discoveryUrl } };
  } catch {
    // Somebody else's words under our keys.
    return undefined;
  }
}
