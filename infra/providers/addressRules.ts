/**
 * By which addresses the servers of a provider will be reached, as far as that is known before there are any: from the settings alone, nothing is asked.
 * How it is decided when they are there: `openstack/addresses.ts`, `static/hosts.ts`.
 */
import type { ProviderSettings } from '../provider.js';

export interface AddressRule {
  /** A server's name, or `each server`. */
  readonly server: string;
  /** Among the machines: an address, or how it is found. */
  readonly private: string;
  /** From here, and for who looks at the web servers. */
  readonly public: string;
}

/** @param machines how many servers the cluster has @throws InvalidInputError for settings or an inventory that are wrong */
export async function addressRules(provider: string, settings: ProviderSettings, machines: number): Promise<readonly AddressRule[]> {
  switch (provider) {
    case 'static': return inventoryRules(settings, machines);
    case 'openstack': case 'rackspace': return [await cloudRule(settings)];
    default: return [{ server: 'each server', private: "of the cluster's network on this host", public: 'the same' }];
  }
}

async function inventoryRules(settings: ProviderSettings, machines: number): Promise<readonly AddressRule[]> {
  const { loadInventory } = await import('./static/inventory.js');
  const { hosts } = await loadInventory(settings['inventory'] ?? '');
  return hosts.slice(0, machines).map(({ name, address, privateAddress, publicAddress }) => ({
    server: name,
    private: privateAddress ?? 'of the interface with the default route',
    public: publicAddress ?? (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address) ? address : `what ${address} stands for`),
  }));
}

async function cloudRule(settings: ProviderSettings): Promise<AddressRule> {
  const { parseCloudSettings } = await import('./openstack/settings.js');
  const { privateNetwork, publicNetwork, floatingNetwork, networks } = parseCloudSettings(settings);
  const on = networks.length === 0 ? '' : ` on ${networks.join(', ')}`;
  return {
    server: 'each server',
    private: privateNetwork === '' ? `the first private one (RFC 1918, RFC 6598)${on}` : `of the network ${privateNetwork}`,
    public: floatingNetwork !== '' ? `a floating address from ${floatingNetwork}` : publicNetwork !== '' ? `of the network ${publicNetwork}` : "the cloud's access address, else one that is not private, else the private one",
  };
}
