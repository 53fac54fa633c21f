/** What the user says of servers in a cloud, from the run's inputs. */
import { InvalidInputError } from '../../errors.js';
import type { ProviderSettings } from '../../provider.js';

export interface CloudSettings {
  /** Name or id. Empty only where nothing is to be booted. */
  readonly flavor: string;
  /** Name or id. Empty only where nothing is to be booted. */
  readonly image: string;
  /** Name of a key in the cloud; empty for one of the cluster's own. */
  readonly key: string;
  /** Names or ids, in the order in which the servers get them. @default the cloud's own choice */
  readonly networks: readonly string[];
  /** Name of the network whose addresses are the machines' own. @default see addresses.ts */
  readonly privateNetwork: string;
  /** Name of the network whose addresses are reached from here. @default see addresses.ts */
  readonly publicNetwork: string;
  /** Name or id of the external network that floating addresses come from. @default no floating addresses */
  readonly floatingNetwork: string;
  readonly region: string;
  /** @default the cloud's own choice */
  readonly availabilityZone: string;
  /** Further groups for the servers, by name or id, beside the cluster's own. */
  readonly securityGroups: readonly string[];
  /** From where ports 22 and 18001-18099 may be reached: CIDRs. @default everywhere */
  readonly allowFrom: readonly string[];
  /** Of clouds.yaml. @default OS_CLOUD */
  readonly cloud: string;
}

const CIDR = /^(?:\d{1,3}(?:\.\d{1,3}){3}\/(?:\d|[12]\d|3[0-2])|[\da-fA-F:]*:[\da-fA-F:]*\/\d{1,3})$/;

/** @throws InvalidInputError with all that is wrong */
export function parseCloudSettings(settings: ProviderSettings = {}): CloudSettings {
  const one = (name: string): string => (settings[name] ?? '').trim();
  const several = (name: string): readonly string[] => one(name).split(/[\s,]+/).filter(Boolean);
  const allowFrom = several('allow-from');
  const wrong = allowFrom.filter((cidr) => !CIDR.test(cidr));
  if (wrong.length > 0) throw new InvalidInputError(`allow-from has ${wrong.map((cidr) => JSON.stringify(cidr)).join(', ')}, which is no CIDR`, 'Give addresses as 203.0.113.0/24, or 203.0.113.7/32 for one.');
  return {
    flavor: one('flavor'), image: one('image'), key: one('key'), networks: several('network'),
    privateNetwork: one('private-network'), publicNetwork: one('public-network'), floatingNetwork: one('floating-network'),
    region: one('region'), availabilityZone: one('availability-zone'), securityGroups: several('security-groups'),
    allowFrom: allowFrom.length > 0 ? allowFrom : ['0.0.0.0/0'], cloud: one('cloud'),
  };
}
