/** Where actions of others come from. */
import { cacheDir } from '../paths.js';

export interface UsesSettings {
  /** `OWNER/REPO` is put behind it, and git may rewrite the whole (`url.<base>.insteadOf`). @default https://github.com */
  readonly url: string;
  /** Holds `OWNER/REPO@REF` (a folder as it is) or `OWNER/REPO` (a git repository, or a folder as it is), and is looked into first. */
  readonly folder?: string;
  /** What is fetched is kept here by commit. @default `actions` in the user's cache */
  readonly cache: string;
}

/** FLEETWRIGHT_ACTIONS_URL and FLEETWRIGHT_ACTIONS_FOLDER, or their defaults. */
export function usesSettings(environment: Readonly<Record<string, string | undefined>> = process.env): UsesSettings {
  const folder = environment['FLEETWRIGHT_ACTIONS_FOLDER'];
  return {
    url: (environment['FLEETWRIGHT_ACTIONS_URL'] || 'https://github.com').replace(/\/+$/, ''),
    ...(folder ? { folder } : {}),
    cache: cacheDir('actions'),
  };
}
