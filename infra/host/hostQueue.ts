/** The task queue of this host alone: what belongs to a job's workspace is done where the workspace is. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { stateDir } from '../paths.js';

/** `fleetwright@0f3a…`: of this user's state folder on this host, the same for every worker that uses it. */
export function hostQueue(taskQueue: string): string {
  const file = stateDir('host-id');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(8).toString('hex'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return `${taskQueue}@${readFileSync(file, 'utf8').trim()}`;
}

/** Whether it is the queue of some one host. */
export function isHostQueue(name: string, taskQueue: string): boolean {
  return name.startsWith(`${taskQueue}@`);
}
