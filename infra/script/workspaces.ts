/** The folders in which the jobs of a run work on the worker's host, and for which cluster. They outlive their run, until `down`. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ClusterName, RunId } from '../../language/ids.js';
import { stateDir } from '../paths.js';
import { deleteRunSecrets } from '../secrets/runSecrets.js';

/**
 * Makes the folder of all runs, and asks its file system to lay out each run for itself, as ext4 does ("top of directory hierarchies", chattr(1)). Else a run's files
 * come to lie among those that the runs before have just removed: ext4 without a journal looks through all of the last minute for each file that it makes.
 */
export function keepRunsApart(): void {
  mkdirSync(stateDir('runs'), { recursive: true, mode: 0o700 });
  // Other file systems have no such flag, and a host may have no chattr.
  spawn('chattr', ['+T', stateDir('runs')], { stdio: 'ignore' }).on('error', () => undefined);
}

/** The folder of a run's jobs, with workspaces and journals. */
export function workspaceFolder(run: RunId): string {
  return stateDir('runs', encodeURIComponent(run), 'jobs');
}

/** Writes down for which cluster the run works, as its input names it. */
export async function noteCluster(run: RunId, cluster: string): Promise<void> {
  await mkdir(stateDir('runs', encodeURIComponent(run)), { recursive: true, mode: 0o700 });
  await writeFile(noteFile(run), cluster, { mode: 0o600 });
}

/** The runs that worked for the cluster and have their jobs' folder. */
export async function workspacesOf(cluster: ClusterName): Promise<readonly RunId[]> {
  const runs = (await readdir(stateDir('runs')).catch(() => [])).map((folder) => decodeURIComponent(folder) as RunId);
  const notes = await Promise.all(runs.map((run) => readFile(noteFile(run), 'utf8').catch(() => undefined)));
  return runs.filter((_, at) => notes[at] === cluster);
}

/** Removes the run's jobs' folder, and its secrets. Its logs stay. */
export async function deleteWorkspace(run: RunId): Promise<void> {
  await rm(workspaceFolder(run), { recursive: true, force: true });
  await rm(noteFile(run), { force: true });
  deleteRunSecrets(run);
}

function noteFile(run: RunId): string {
  return stateDir('runs', encodeURIComponent(run), 'cluster');
}
