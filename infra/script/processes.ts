/** Finds the processes of a step or a job on the worker's own host, in /proc: the counterpart of SIGNAL in `programs.ts`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processId } from '../processId.js';
import { cgroupMembers } from './cgroup.js';
import { MARKER } from './environment.js';
import type { Signal } from './stop.js';
import { SUPERVISORS } from './supervise.js';

/** A process as /proc tells it. `name` is `PID/START`: a recycled pid has another. */
interface Entry {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
  readonly session: number;
  /** Not a zombie. */
  readonly live: boolean;
}

/** What of a job is looked for. */
export interface JobTraces {
  /** The folder of its journals: what carries a marker below it belongs to the job. */
  readonly steps: string;
  /** Leaders of its supervisors' sessions. */
  readonly sessions: ReadonlySet<number>;
  /** Folders of its supervisors' cgroups. */
  readonly cgroups: readonly string[];
}

/** Whether any process carries exactly this step's marker. */
export function anyMarked(folder: string): boolean {
  return pids().some((pid) => environment(pid).split('\0').includes(`${MARKER}=${folder}`));
}

/**
 * Sends the signal to all that is left of a job: what is marked, what is in its supervisors' sessions, what was found before, and the descendants of these.
 * @param known what was found before, and then also what is found now: a process may lose the parent by which it was found
 * @returns their pids
 */
export function signalJob(job: JobTraces, signal: Signal, known: Set<string>): readonly number[] {
  const all = pids().flatMap((pid) => entry(pid) ?? []);
  const members = new Set(job.cgroups.flatMap(cgroupMembers));
  const ours = new Set(all.filter((one) => known.has(one.name) || members.has(one.pid) || job.sessions.has(one.session) || isMarked(one.pid, job.steps)).map(({ pid }) => pid));
  for (let before = -1; before !== ours.size;) {
    before = ours.size;
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
  }
  const found = all.filter(({ pid, live }) => live && ours.has(pid) && pid !== process.pid);
  known.clear();
  for (const { pid, name } of found) {
    known.add(name);
    if (signal !== '0') send(pid, `SIG${signal}`);
  }
  return found.map(({ pid }) => pid);
}

/**
 * What the supervisors of a job have written down, of whatever worker. A session whose leader's pid is another process's now says nothing; a pid that no
 * process has is still the session's, as long as there is one in it.
 */
export function jobTraces(steps: string): JobTraces {
  const folder = join(steps, SUPERVISORS);
  const records = existsSync(folder) ? readdirSync(folder).map((name) => read(join(folder, name)).split('\n')) : [];
  const sessions = records.flatMap(([leader = '']) => {
    const [pid = '', start, boot] = leader.split(' ');
    const now = processId(Number(pid));
    return pid !== '' && (now === undefined || now.start === `${boot}/${start}`) ? [Number(pid)] : [];
  });
  return { steps, sessions: new Set(sessions), cgroups: records.flatMap(([, cgroup]) => cgroup || []) };
}

function isMarked(pid: number, steps: string): boolean {
  return environment(pid).split('\0').some((variable) => variable.startsWith(`${MARKER}=${steps}/`));
}

function pids(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

function environment(pid: number): string {
  return read(`/proc/${pid}/environ`);
}

/** @see proc_pid_stat(5): after the name in parentheses come state, parent, group, session; field 22 is the start */
function entry(pid: number): Entry | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const [state = '', parent, , session, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === '') return undefined;
  return { pid, name: `${pid}/${rest[15]}`, parent: Number(parent), session: Number(session), live: state !== 'Z' && state !== 'X' };
}

/** What of /proc is of another user, or gone, is not ours. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It went first, or belongs to another user: the next look tells.
  }
}
