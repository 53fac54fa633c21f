/** Where Fleetwright keeps things on this host, by the XDG Base Directory Specification, and where its own files are. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterName } from '../language/ids.js';

/** Downloads and builds that can be made again: `$XDG_CACHE_HOME/fleetwright`, or `~/.cache/fleetwright`. */
export function cacheDir(...parts: string[]): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'fleetwright', ...parts);
}

/** Databases, logs, pid files, keys: `$XDG_STATE_HOME/fleetwright`, or `~/.local/state/fleetwright`. */
export function stateDir(...parts: string[]): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'fleetwright', ...parts);
}

/** What belongs to one cluster on this host (its SSH key, its known hosts): removed by `down`. */
export function clusterDir(cluster: ClusterName, ...parts: string[]): string {
  return stateDir('clusters', cluster, ...parts);
}

let root: string | undefined;

/** A path in the package itself (`actions`, `deployments`, `docker-images`, ...), the same from sources and from `dist/`. */
export function packagePath(...parts: string[]): string {
  root ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return join(root, ...parts);
}

function findRoot(from: string): string {
  const manifest = join(from, 'package.json');
  if (existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'fleetwright') return from;
  if (dirname(from) === from) throw new Error('the fleetwright package was not found around its own code');
  return findRoot(dirname(from));
}
