/** IPv4 subnets: arithmetic, and which of them this host uses. */
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** An IPv4 subnet as numbers: `first` and `last` address, and the length of its prefix in bits. */
export interface Subnet {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** `10.210.7.0/24` as numbers; undefined for what is not IPv4 in CIDR notation. Bits under the prefix are ignored. */
export function parseSubnet(cidr: string): Subnet | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (!match) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if (Math.max(a, b, c, d) > 255 || prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1, prefix };
}

/** Whether the two share an address. */
export function overlap(a: Subnet, b: Subnet): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The address with this number in the subnet: `addressIn('10.210.7.0/24', 11)` is `10.210.7.11`. */
export function addressIn(cidr: string, number: number): string {
  const subnet = parseSubnet(cidr);
  if (!subnet || number > subnet.last - subnet.first) throw new RangeError(`${cidr} has no address number ${number}`);
  const address = subnet.first + number;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** The subnets of this host's addresses and IPv4 routes, the default route apart, as CIDR. Empty where they cannot be read. */
export async function hostSubnets(): Promise<readonly string[]> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    .flatMap(({ family, cidr }) => (family === 'IPv4' && cidr ? [cidr] : []));
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '');
  return [...new Set([...addresses, ...parseRoutes(table)])];
}

/** The destinations in `/proc/net/route` (proc(5): hexadecimal, in the host's little-endian order), the default route apart. */
export function parseRoutes(table: string): readonly string[] {
  return table.split('\n').slice(1).flatMap((line) => {
    const columns = line.split('\t');
    const destination = hexAddress(columns[1]);
    const mask = hexAddress(columns[7]);
    if (!destination || !mask) return [];
    const prefix = mask.reduce((bits, byte) => bits + byte.toString(2).replaceAll('0', '').length, 0);
    return prefix === 0 ? [] : [`${destination.join('.')}/${prefix}`];
  });
}

function hexAddress(hex: string | undefined): number[] | undefined {
  if (!hex || !/^[0-9A-F]{8}$/i.test(hex)) return undefined;
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}
