/** Servers, flavors, images and keys of a cloud (Nova's API 2.1, and Rackspace's Cloud Servers, which speaks the same). */
import { anything, type Fields, fields, idAndName, listed, text, wrapped } from './reading.js';
import type { CloudSession } from './session.js';
import { CloudRefusedError, isConflict, isNotFound } from './errors.js';

/** A server as the cloud has it. Its first password is not read. */
export interface CloudServer {
  readonly id: string;
  readonly name: string;
  /** `BUILD`, `ACTIVE`, `SHUTOFF`, `ERROR`, … */
  readonly status: string;
  /** What is being done to it, `deleting` among others; undefined when nothing is. */
  readonly task?: string | undefined;
  /** ISO 8601. */
  readonly created: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly addresses: readonly CloudAddress[];
  /** Why it is in `ERROR`. */
  readonly fault?: { readonly code: number; readonly message: string } | undefined;
  readonly accessIPv4: string;
}

export interface CloudAddress {
  /** The network's name. */
  readonly network: string;
  readonly address: string;
  readonly version: 4 | 6;
  readonly floating: boolean;
}

export interface NewServer {
  readonly name: string;
  readonly flavor: string;
  readonly image: string;
  readonly keyName: string;
  /** Base64. */
  readonly userData: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Ids. An empty list is the cloud's own choice. */
  readonly networks: readonly string[];
  /** Names or ids. An empty list is the project's default group. */
  readonly securityGroups: readonly string[];
  readonly availabilityZone?: string | undefined;
}

export interface CloudKey {
  readonly name: string;
  /** One line in OpenSSH's format. */
  readonly publicKey: string;
  /** MD5 in pairs of hex digits. */
  readonly fingerprint: string;
}

export interface Identified {
  readonly id: string;
  readonly name: string;
}

/** Of one page; clouds give no more than they like. */
const PAGE = '500';

export class CloudServers {
  constructor(private readonly session: CloudSession) {}

  /** All servers of the project whose name starts so, oldest first. */
  async list(namePrefix: string, signal?: AbortSignal): Promise<readonly CloudServer[]> {
    // The filter is a regular expression to the cloud, and only narrows what is read here.
    const query = { name: `^${escaped(namePrefix)}` };
    const found = await this.#pages('list the servers', 'servers/detail', 'servers', query, readServer, signal);
    return found.filter(({ name }) => name.startsWith(namePrefix)).sort(byAge);
  }

  /** Undefined when there is no such server any more. */
  async find(id: string, signal?: AbortSignal): Promise<CloudServer | undefined> {
    const request = { what: `look at the server ${id}`, service: 'compute', path: `servers/${encodeURIComponent(id)}` } as const;
    return orUndefined(this.session.request(request, wrapped('server', readServer), signal));
  }

  /** Asks for a server. @returns its id, as soon as the cloud has taken the request */
  create(server: NewServer): Promise<string> {
    const { name, flavor, image, keyName, userData, metadata, networks, securityGroups, availabilityZone } = server;
    const body = { server: {
      name, flavorRef: flavor, imageRef: image, key_name: keyName, user_data: userData, config_drive: true, metadata,
      ...(networks.length > 0 ? { networks: networks.map((uuid) => ({ uuid })) } : {}),
      ...(securityGroups.length > 0 ? { security_groups: securityGroups.map((group) => ({ name: group })) } : {}),
      ...(availabilityZone === undefined ? {} : { availability_zone: availabilityZone }),
    } };
    const request = { what: `create the server ${name}`, service: 'compute', method: 'POST', path: 'servers', body } as const;
    return this.session.request(request, wrapped('server', (value) => text(fields(value)?.['id'])));
  }

  /** Asks for a server's end. @returns false when there was none, or it is on its way already */
  async delete(id: string, signal?: AbortSignal): Promise<boolean> {
    const request = { what: `delete the server ${id}`, service: 'compute', method: 'DELETE', path: `servers/${encodeURIComponent(id)}` } as const;
    try {
      return await this.session.request(request, anything, signal);
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return false;
      throw error;
    }
  }

  /** Asks for a stopped, paused or suspended server to go on. One that does already is success. */
  async start({ id, status }: CloudServer): Promise<void> {
    const action = status === 'PAUSED' ? 'unpause' : status === 'SUSPENDED' ? 'resume' : 'os-start';
    const request = { what: `start the server ${id}`, service: 'compute', method: 'POST', path: `servers/${encodeURIComponent(id)}/action`, body: { [action]: null } } as const;
    await this.session.request(request, anything).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
  }

  flavors(signal?: AbortSignal): Promise<readonly Identified[]> {
    return this.#pages('list the flavors', 'flavors', 'flavors', {}, idAndName, signal);
  }

  images(signal?: AbortSignal): Promise<readonly Identified[]> {
    return this.#pages('list the images', 'images', 'images', {}, idAndName, signal);
  }

  /** The names of the zones in which servers may be asked for. */
  async zones(signal?: AbortSignal): Promise<readonly string[]> {
    const request = { what: 'list the availability zones', service: 'compute', path: 'os-availability-zone' } as const;
    return this.session.request(request, listed('availabilityZoneInfo', (value) => text(fields(value)?.['zoneName'])), signal);
  }

  /** How many servers the project may have (below 0: as many as it likes), and how many it has. */
  async quota(signal?: AbortSignal): Promise<{ readonly most: number; readonly used: number }> {
    const request = { what: 'look at the quota', service: 'compute', path: 'limits' } as const;
    return this.session.request(request, wrapped('limits', (limits) => {
      const { maxTotalInstances: most, totalInstancesUsed: used } = fields(fields(limits)?.['absolute']) ?? {};
      return typeof most === 'number' && typeof used === 'number' ? { most, used } : undefined;
    }), signal);
  }

  async findKey(name: string, signal?: AbortSignal): Promise<CloudKey | undefined> {
    const request = { what: `look for the key ${name}`, service: 'compute', path: `os-keypairs/${encodeURIComponent(name)}` } as const;
    return orUndefined(this.session.request(request, wrapped('keypair', readKey), signal));
  }

  /** @throws CloudRefusedError with status 409 when there is one of that name */
  async addKey(name: string, publicKey: string): Promise<void> {
    const request = { what: `upload the key ${name}`, service: 'compute', method: 'POST', path: 'os-keypairs', body: { keypair: { name, public_key: publicKey } } } as const;
    await this.session.request(request, wrapped('keypair', readKey));
  }

  /** @returns false when there was none */
  async deleteKey(name: string): Promise<boolean> {
    const request = { what: `delete the key ${name}`, service: 'compute', method: 'DELETE', path: `os-keypairs/${encodeURIComponent(name)}` } as const;
    return await orUndefined<boolean>(this.session.request(request, anything)) ?? false;
  }

  async #pages<T extends { readonly id: string }>(what: string, path: string, key: string, query: Readonly<Record<string, string>>, read: (value: unknown) => T | undefined, signal?: AbortSignal): Promise<readonly T[]> {
    const all: T[] = [];
    for (let marker: string | undefined; ;) {
      const page = await this.session.request(
        { what, service: 'compute', path, query: { ...query, limit: PAGE, ...(marker === undefined ? {} : { marker }) } },
        (body) => {
          const found = listed(key, read)(body);
          return found && { found, more: Array.isArray(fields(body)?.[`${key}_links`]) && hasNext(fields(body)?.[`${key}_links`]) };
        }, signal,
      );
      all.push(...page.found);
      marker = page.found.at(-1)?.id;
      if (!page.more || marker === undefined) return all;
    }
  }
}

/** What `find` gives for a thing that is not there. */
async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CloudRefusedError && error.status === 404) return undefined;
    throw error;
  }
}

/** By age, and by id where two were made in the same second: the same order for all who look. */
function byAge(a: CloudServer, b: CloudServer): number {
  return a.created.localeCompare(b.created) || a.id.localeCompare(b.id);
}

function escaped(name: string): string {
  return name.replaceAll(/[^\w-]/g, '\\$&');
}

function hasNext(links: unknown): boolean {
  return (links as readonly unknown[]).some((link) => fields(link)?.['rel'] === 'next');
}

function readServer(value: unknown): CloudServer | undefined {
  const server = fields(value);
  const id = text(server?.['id']);
  const status = text(server?.['status']);
  if (server === undefined || id === undefined || status === undefined) return undefined;
  return {
    id, status, name: text(server['name']) ?? '', task: text(server['OS-EXT-STS:task_state']), created: text(server['created']) ?? '',
    metadata: texts(server['metadata']), addresses: readAddresses(fields(server['addresses'])), fault: readFault(fields(server['fault'])),
    accessIPv4: text(server['accessIPv4']) ?? '',
  };
}

function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields(value) ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function readAddresses(networks: Fields | undefined): readonly CloudAddress[] {
  return Object.entries(networks ?? {}).flatMap(([network, list]) => (Array.isArray(list) ? list as readonly unknown[] : []).flatMap((one) => {
    const entry = fields(one);
    const address = text(entry?.['addr']);
    if (address === undefined) return [];
    return [{ network, address, version: entry?.['version'] === 6 ? 6 as const : 4 as const, floating: entry?.['OS-EXT-IPS:type'] === 'floating' }];
  }));
}

function readFault(fault: Fields | undefined): CloudServer['fault'] {
  return fault && { code: typeof fault['code'] === 'number' ? fault['code'] : 0, message: text(fault['message']) ?? '' };
}

function readKey(value: unknown): CloudKey | undefined {
  const key = fields(value);
  const name = text(key?.['name']);
  return name === undefined ? undefined : { name, publicKey: text(key?.['public_key']) ?? '', fingerprint: text(key?.['fingerprint']) ?? '' };
}
