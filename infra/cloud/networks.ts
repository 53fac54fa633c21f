/** Networks, security groups, ports and floating addresses of a cloud (Neutron's API v2.0). */
import { anything, fields, idAndName, listed, text, wrapped } from './reading.js';
import type { Identified } from './servers.js';
import type { CloudRequest, CloudSession } from './session.js';
import { isNotFound } from './errors.js';

export interface SecurityGroup extends Identified {
  readonly description: string;
  readonly rules: readonly RuleRead[];
}

/** What is let in. */
export interface Rule {
  /** Undefined is every protocol. */
  readonly protocol?: 'tcp' | 'udp' | undefined;
  /** First and last port; undefined is every port. */
  readonly ports?: readonly [number, number] | undefined;
  /** A CIDR, or the id of a group whose members may. */
  readonly from: { readonly cidr: string } | { readonly group: string };
}

export interface RuleRead {
  readonly id: string;
  readonly direction: string;
  readonly protocol: string | undefined;
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly cidr: string | undefined;
  readonly group: string | undefined;
}

export interface FloatingAddress {
  readonly id: string;
  readonly address: string;
  readonly description: string;
  /** Of the port that it leads to; undefined for none. */
  readonly port: string | undefined;
}

export class CloudNetworks {
  constructor(private readonly session: CloudSession) {}

  networks(signal?: AbortSignal): Promise<readonly Identified[]> {
    return this.#get('list the networks', 'networks', {}, listed('networks', idAndName), signal);
  }

  /** Those of exactly that name, of this project as far as the cloud tells. */
  securityGroups(name: string, signal?: AbortSignal): Promise<readonly SecurityGroup[]> {
    return this.#get('list the security groups', 'security-groups', { name }, listed('security_groups', readGroup), signal);
  }

  createSecurityGroup(name: string, description: string): Promise<SecurityGroup> {
    return this.#post(`create the security group ${name}`, 'security-groups', { security_group: { name, description } }, wrapped('security_group', readGroup));
  }

  async addRule(group: string, { protocol, ports, from }: Rule): Promise<void> {
    const source = 'cidr' in from ? { remote_ip_prefix: from.cidr, ethertype: from.cidr.includes(':') ? 'IPv6' : 'IPv4' } : { remote_group_id: from.group, ethertype: 'IPv4' };
    const range = ports ? { port_range_min: ports[0], port_range_max: ports[1] } : {};
    const rule = { security_group_id: group, direction: 'ingress', ...(protocol ? { protocol } : {}), ...range, ...source };
    await this.#post('add a rule to the security group', 'security-group-rules', { security_group_rule: rule }, wrapped('security_group_rule', (value) => text(fields(value)?.['id'])));
  }

  /** @returns false when there was none @throws CloudRefusedError with status 409 while a port uses it */
  deleteSecurityGroup(id: string): Promise<boolean> {
    return this.#delete(`delete the security group ${id}`, `security-groups/${id}`);
  }

  /** The ids of a server's ports, with the ids of their networks. */
  ports(server: string, signal?: AbortSignal): Promise<readonly { readonly id: string; readonly network: string }[]> {
    return this.#get('list the ports', 'ports', { device_id: server }, listed('ports', (value) => {
      const id = text(fields(value)?.['id']);
      return id === undefined ? undefined : { id, network: text(fields(value)?.['network_id']) ?? '' };
    }), signal);
  }

  floatingAddresses(signal?: AbortSignal): Promise<readonly FloatingAddress[]> {
    return this.#get('list the floating addresses', 'floatingips', {}, listed('floatingips', readFloating), signal);
  }

  /** Takes an address of an external network and leads it to a port. */
  createFloatingAddress(network: string, port: string, description: string): Promise<FloatingAddress> {
    const body = { floatingip: { floating_network_id: network, port_id: port, description } };
    return this.#post('get a floating address', 'floatingips', body, wrapped('floatingip', readFloating));
  }

  /** @returns false when there was none */
  deleteFloatingAddress(id: string): Promise<boolean> {
    return this.#delete(`give the floating address ${id} back`, `floatingips/${id}`);
  }

  #get<T>(what: string, path: string, query: Readonly<Record<string, string>>, read: (body: unknown) => T | undefined, signal?: AbortSignal): Promise<T> {
    return this.session.request({ what, service: 'network', path, query }, read, signal);
  }

  #post<T>(what: string, path: string, body: CloudRequest['body'], read: (body: unknown) => T | undefined): Promise<T> {
    return this.session.request({ what, service: 'network', method: 'POST', path, body }, read);
  }

  async #delete(what: string, path: string): Promise<boolean> {
    try {
      return await this.session.request({ what, service: 'network', method: 'DELETE', path }, anything);
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}

function readGroup(value: unknown): SecurityGroup | undefined {
  const named = idAndName(value);
  const rules = listed('security_group_rules', readRule)(value);
  return named && rules && { ...named, description: text(fields(value)?.['description']) ?? '', rules };
}

function readRule(value: unknown): RuleRead | undefined {
  const rule = fields(value);
  const id = text(rule?.['id']);
  const number = (key: string): number | undefined => (typeof rule?.[key] === 'number' ? rule[key] : undefined);
  return id === undefined ? undefined : {
    id, direction: text(rule?.['direction']) ?? '', protocol: text(rule?.['protocol']), first: number('port_range_min'), last: number('port_range_max'),
    cidr: text(rule?.['remote_ip_prefix']), group: text(rule?.['remote_group_id']),
  };
}

function readFloating(value: unknown): FloatingAddress | undefined {
  const entry = fields(value);
  const id = text(entry?.['id']);
  const address = text(entry?.['floating_ip_address']);
  return id === undefined || address === undefined ? undefined : { id, address, description: text(entry?.['description']) ?? '', port: text(entry?.['port_id']) };
}
