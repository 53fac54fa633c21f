/**
 * The cluster's security group: SSH and the web servers' ports from where the user says, everything among the machines, and nothing else from
 * outside. In particular the registry, etcd and fleet are open to the machines alone.
 */
import type { ClusterName } from '../../../language/ids.js';
import { inTurn } from '../../turns.js';
import { isAmbiguous } from '../../cloud/errors.js';
import type { Rule, RuleRead, SecurityGroup } from '../../cloud/networks.js';
import type { Cloud } from './cloud.js';
import { clusterThing, groupDescription } from './names.js';

/** What is reached from outside: SSH, and web@01 to web@99. */
const OPEN_PORTS = [[22, 22], [18001, 18099]] as const;

/** The cluster's groups: one, unless two processes made it at once. Oldest (as the cloud lists them) first. */
export async function findFirewall({ networks, session }: Cloud, cluster: ClusterName, signal?: AbortSignal): Promise<readonly SecurityGroup[]> {
  if (!await session.has('network')) return [];
  const found = await networks.securityGroups(clusterThing(cluster), signal);
  return found.filter(({ description }) => description === groupDescription(cluster)).sort((a, b) => a.id.localeCompare(b.id));
}

/** The id of the cluster's group with all its rules; made as far as it is missing. Undefined in a cloud without a network service. */
export function ensureFirewall(cloud: Cloud, cluster: ClusterName, signal?: AbortSignal): Promise<string | undefined> {
  return inTurn(`firewall/${cluster}`, async () => {
    if (!await cloud.session.has('network')) return undefined;
    const group = (await findFirewall(cloud, cluster, signal))[0] ?? await create(cloud, cluster);
    for (const rule of wanted(cloud, group.id)) {
      if (!group.rules.some((existing) => isRule(existing, rule))) await addRule(cloud, group.id, rule);
    }
    return group.id;
  });
}

async function create(cloud: Cloud, cluster: ClusterName): Promise<SecurityGroup> {
  try {
    const made = await cloud.networks.createSecurityGroup(clusterThing(cluster), groupDescription(cluster));
    cloud.onProgress(`made the security group ${made.name}`);
    return made;
  } catch (error) {
    const found = isAmbiguous(error) ? (await findFirewall(cloud, cluster))[0] : undefined;
    if (found) return found;
    throw error;
  }
}

/** One that is there already is what was wanted: the answer to an earlier request was lost. */
async function addRule(cloud: Cloud, group: string, rule: Rule): Promise<void> {
  try {
    await cloud.networks.addRule(group, rule);
  } catch (error) {
    const { status } = error as { status?: number };
    if (status !== 409) throw error;
  }
}

function wanted({ settings }: Cloud, group: string): readonly Rule[] {
  return [
    { from: { group } },
    ...settings.allowFrom.flatMap((cidr) => OPEN_PORTS.map((ports): Rule => ({ protocol: 'tcp', ports, from: { cidr } }))),
  ];
}

function isRule(existing: RuleRead, { protocol, ports, from }: Rule): boolean {
  const source = 'cidr' in from ? existing.cidr === from.cidr : existing.group === from.group;
  return source && existing.direction === 'ingress' && existing.protocol === protocol && existing.first === ports?.[0] && existing.last === ports?.[1];
}
