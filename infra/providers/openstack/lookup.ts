/** Names and ids of what the user chose, looked up once: a name that fits nothing or two things is said with what there is. */
import { CloudNameError } from '../../cloud/errors.js';
import type { Identified } from '../../cloud/servers.js';
import { InvalidInputError } from '../../errors.js';
import type { Cloud } from './cloud.js';

/** What every server of a cluster is made of, as ids. */
export interface Chosen {
  readonly flavor: string;
  readonly image: string;
  readonly networks: readonly string[];
  /** Undefined for no floating addresses. */
  readonly floatingNetwork: string | undefined;
}

/** @throws InvalidInputError for what is not given, CloudNameError for what is not there */
export async function lookUp({ servers, networks, session, settings }: Cloud, signal?: AbortSignal): Promise<Chosen> {
  const missing = (['flavor', 'image'] as const).filter((name) => settings[name] === '');
  if (missing.length > 0) throw new InvalidInputError(`the input${missing.length > 1 ? 's' : ''} ${missing.join(' and ')} must be given for this provider`, 'Give names or ids: `openstack flavor list` and `openstack image list` show them.');
  const wanted = [...settings.networks, ...(settings.floatingNetwork === '' ? [] : [settings.floatingNetwork])];
  if (wanted.length > 0 && !await session.has('network')) throw new InvalidInputError('the cloud has no network service, so networks cannot be chosen', 'Leave network and floating-network out.');
  const [flavors, images, nets, zones] = await Promise.all([
    servers.flavors(signal), servers.images(signal), wanted.length > 0 ? networks.networks(signal) : [],
    settings.availabilityZone === '' ? [] : servers.zones(signal),
  ]);
  if (settings.availabilityZone !== '') one('availability zone', settings.availabilityZone.split(':')[0]!, zones.map((name) => ({ id: name, name })));
  return {
    flavor: one('flavor', settings.flavor, flavors), image: one('image', settings.image, images),
    networks: settings.networks.map((name) => one('network', name, nets)),
    floatingNetwork: settings.floatingNetwork === '' ? undefined : one('network', settings.floatingNetwork, nets),
  };
}

const MOST_SHOWN = 20;

/** The id of what has this id, else this name. @throws CloudNameError */
export function one(what: string, wanted: string, all: readonly Identified[]): string {
  if (all.some(({ id }) => id === wanted)) return wanted;
  const [found, ...more] = all.filter(({ name }) => name === wanted);
  if (found && more.length === 0) return found.id;
  if (found) throw new CloudNameError(`the cloud has ${more.length + 1} ${what}s ${JSON.stringify(wanted)}`, `Give the id of one: ${[found, ...more].map(({ id }) => id).join(', ')}.`);
  const names = [...new Set(all.map(({ name }) => name))].sort();
  const shown = `${names.slice(0, MOST_SHOWN).join(', ')}${names.length > MOST_SHOWN ? `, and ${names.length - MOST_SHOWN} more` : ''}`;
  throw new CloudNameError(`the cloud has no ${what} ${JSON.stringify(wanted)}`, names.length > 0 ? `It has ${shown}.` : `It shows no ${what} to this project.`);
}
