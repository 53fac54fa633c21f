/** Tells a process from another one that later got its pid. */
import { readFileSync } from 'node:fs';

/** A process, for good: the same pid with another start is another process. */
export interface ProcessId {
  readonly pid: number;
  /** Boot id and start in clock ticks since that boot; empty where there is no /proc. */
  readonly start: string;
}

let boot: string | undefined;

/** The process that has this pid now, or undefined when there is none or it has already exited (a zombie). */
export function processId(pid: number): ProcessId | undefined {
  if (process.platform !== 'linux') return exists(pid) ? { pid, start: '' } : undefined;
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @see proc_pid_stat(5): field 2 is the command in parentheses and may hold anything, field 3 the state, field 22 the start. */
export function parseStat(stat: string): ProcessId | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).trim().split(' ');
  const [state, ticks] = [fields[0], fields[19]];
  if (state === undefined || ticks === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid: Number.parseInt(stat, 10), start: `${bootId()}/${ticks}` };
}

/** Of this host since it was started last. */
export function bootId(): string {
  return (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
}

/** Whether exactly this process is still there. */
export function isAlive(id: ProcessId): boolean {
  return processId(id.pid)?.start === id.start;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
