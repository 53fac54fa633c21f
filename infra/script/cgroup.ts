/**
 * A cgroup for each supervisor, where this process may make one: what a step starts cannot leave it, whatever it does to its environment, session
 * and parent. Without one (no cgroup v2, or no right to it) marker, session and descent tell.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { waitFor } from '../wait.js';

const GONE_MS = 2000;
let own: string | null | undefined;
let made = 0;

/** Makes one for a supervisor of the job whose folder of journals is `steps`. @returns its folder; undefined where there can be none */
export function makeCgroup(steps: string): string | undefined {
  own ??= ownCgroup() ?? null;
  if (own === null) return undefined;
  const folder = join(own, `fleetwright-${createHash('sha256').update(steps).digest('hex').slice(0, 16)}`, `${process.pid}-${++made}`);
  try {
    mkdirSync(folder, { recursive: true });
    for (const file of ['cgroup.procs', 'cgroup.kill']) accessSync(join(folder, file), constants.W_OK);
    return folder;
  } catch {
    own = null;
    return undefined;
  }
}

/** The pids in it. */
export function cgroupMembers(folder: string): readonly number[] {
  return read(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
}

/** Kills all that is in it, and removes it when that is gone, and the job's with the last one. */
export async function endCgroup(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  try {
    writeFileSync(join(folder, 'cgroup.kill'), '1');
  } catch {
    // It has no `cgroup.kill` before Linux 5.14: what is in it was found by its members.
  }
  await waitFor(() => (read(join(folder, 'cgroup.events')).includes('populated 1') ? undefined : true), { timeoutMs: GONE_MS, intervalMs: 5 });
  leaveCgroup(folder);
}

/** Removes it unless somebody is still in it, and the job's with the last one. */
export function leaveCgroup(folder: string): void {
  remove(folder);
  remove(dirname(folder));
}

/** Where this process is in the hierarchy of version 2, which need not be the only one. @see cgroups(7) */
function ownCgroup(): string | undefined {
  const mount = read('/proc/self/mountinfo').split('\n').find((line) => line.includes(' - cgroup2 '))?.split(' ');
  const [, path] = /^0::(.*)$/m.exec(read('/proc/self/cgroup')) ?? [];
  const [root, point] = [mount?.[3], mount?.[4]];
  if (point === undefined || path === undefined || root !== '/') return undefined;
  return join(point, path);
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody is still in it, or made another in it.
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
