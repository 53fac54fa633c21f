/**
 * Which address of a server is its own among the machines (private), and which is reached from here (public).
 *
 * - private: of the network that was named; else a private one (RFC 1918, RFC 6598) that is not floating; else the first that is not floating.
 * - public: the floating address; else of the network that was named; else the access address that the cloud gives; else one that is not private;
 *   else the private address, which is reached over a VPN or on the cloud's own network.
 */
import { BlockList } from 'node:net';
import type { CloudServer } from '../../cloud/servers.js';
import { KEY } from './names.js';

export interface ServerAddresses {
  /** Empty while there is none. */
  readonly private: string;
  /** Empty while there is none. */
  readonly public: string;
}

const PRIVATE = new BlockList();
for (const [net, prefix] of [['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10]] as const) PRIVATE.addSubnet(net, prefix);

/** @param floating the floating address that was got for it, where the server itself does not show it yet */
export function addressesOf({ addresses, metadata, accessIPv4 }: Pick<CloudServer, 'addresses' | 'metadata' | 'accessIPv4'>, floating = ''): ServerAddresses {
  const all = addresses.filter(({ version }) => version === 4);
  const fixed = all.filter((one) => !one.floating);
  const on = (network: string | undefined): string | undefined => (network ? fixed.find((one) => one.network === network)?.address : undefined);
  const own = on(metadata[KEY.privateNetwork]) ?? fixed.find(({ address }) => isPrivate(address))?.address ?? fixed[0]?.address ?? '';
  const reached = floating || all.find((one) => one.floating)?.address || on(metadata[KEY.publicNetwork]) || accessIPv4
    || fixed.find(({ address }) => !isPrivate(address))?.address || own;
  return { private: own, public: reached };
}

function isPrivate(address: string): boolean {
  return PRIVATE.check(address);
}
