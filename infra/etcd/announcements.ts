/** What the monitors write into etcd: one JSON object a web server, under `/services/web/NN`. */
import type { EtcdClient } from './client.js';

/** The directory of the web servers' announcements. */
export const WEB_DIRECTORY = '/services/web';

export interface Announcement {
  readonly unit: string;
  /** The machine's name. */
  readonly host: string;
  readonly privateAddress: string;
  readonly publicAddress: string;
  readonly port: number;
}

/** The announcements by etcd key; what is no announcement is left out. */
export async function webAnnouncements(etcd: EtcdClient): Promise<ReadonlyMap<string, Announcement>> {
  const found = [...(await etcd.leaves(WEB_DIRECTORY))].map(([key, value]) => [key, parseAnnouncement(value)] as const);
  return new Map(found.flatMap(([key, announcement]) => (announcement ? [[key, announcement] as const] : [])));
}

/** undefined for anything but a complete announcement. */
export function parseAnnouncement(text: string): Announcement | undefined {
  let value: Partial<Record<keyof Announcement, unknown>>;
  try {
    value = (JSON.parse(text) ?? {}) as typeof value;
  } catch {
    return undefined;
  }
  const { unit, host, privateAddress, publicAddress } = value;
  const port = Number(value.port);
  const texts = [unit, host, privateAddress, publicAddress];
  if (!texts.every((part) => typeof part === 'string' && part !== '') || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return { unit: String(unit), host: String(host), privateAddress: String(privateAddress), publicAddress: String(publicAddress), port };
}

/** A row for each, by key. */
export function announcementRows(found: ReadonlyMap<string, Announcement>): readonly Readonly<Record<string, string>>[] {
  return [...found]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, { unit, host, privateAddress, publicAddress, port }]) => ({
      KEY: key, UNIT: unit, HOST: host, PRIVATE: privateAddress, PUBLIC: publicAddress, PORT: String(port),
    }));
}
