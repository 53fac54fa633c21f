/**
 * Notes of servers that were asked for and have not been seen yet. A process that is killed while its request is under way leaves one; the next looks
 * for that server for as long as the request may still become one, instead of asking for a second. A note is a hint and no state: without it two
 * servers of one name would be made, and the younger one deleted.
 */
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import type { ClusterName, MachineName } from '../../../language/ids.js';
import { clusterDir } from '../../paths.js';

const FOLDER = 'boots';

/** Before the request. */
export async function noteIntent(cluster: ClusterName, name: MachineName): Promise<void> {
  await mkdir(clusterDir(cluster, FOLDER), { recursive: true, mode: 0o700 });
  await writeFile(clusterDir(cluster, FOLDER, name), '', { mode: 0o600 });
}

/** When it is known what came of the request. */
export async function forgetIntent(cluster: ClusterName, name: MachineName): Promise<void> {
  await rm(clusterDir(cluster, FOLDER, name), { force: true });
}

/** Milliseconds since the server was asked for; undefined when nothing is open. */
export async function ageOfIntent(cluster: ClusterName, name: MachineName): Promise<number | undefined> {
  const found = await stat(clusterDir(cluster, FOLDER, name)).catch(() => undefined);
  return found && Math.max(0, Date.now() - found.mtimeMs);
}

/** The names under which something is open. */
export async function openIntents(cluster: ClusterName): Promise<readonly MachineName[]> {
  return await readdir(clusterDir(cluster, FOLDER)).catch(() => []) as MachineName[];
}
