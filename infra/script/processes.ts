/** Finds the processes of a step or a job on the worker's own host, in /proc: the counterpart of SIGNAL in `programs.ts`. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
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
  /** The folders that it carries as its marker. */
  readonly markers: readonly string[];
}

/** What of a job's supervisors is looked for. */
interface JobTraces {
  /** Leaders of its supervisors' sessions. */
  readonly sessions: ReadonlySet<number>;
  /** Folders of its supervisors' cgroups. */
  readonly cgroups: readonly string[];
}

/** A look takes its time on a host with many processes: jobs that end at the same time share one, and it may take this part of the worker's time. */
const SHARE_OF_TIME = 0.2;
const LONGEST_REST_MS = 100;
const STAT_BYTES = 4096;
const NONE: readonly string[] = [];

const stat = Buffer.alloc(STAT_BYTES);
/** By process and the place of its environment in its memory, which another one has after `exec`. */
let known = new Map<string, readonly string[]>();
let next: Promise<readonly Entry[]> | undefined;
let restUntil = 0;

/** Whether any process carries exactly this step's marker. */
export function anyMarked(folder: string): boolean {
  return lookAtAll().some(({ markers }) => markers.includes(folder));
}

/**
 * Sends the signal to all that is left of a job: what is marked, what is in its supervisors' sessions, what was found before, and the descendants of these.
 * @param steps the folder of its journals
 * @param before what was found before, and then also what is found now: a process may lose the parent by which it was found. Of a supervisor the job's
 *   own record tells, as long as it is this job's
 * @param spared supervisors that are to stay
 * @returns their pids
 */
export async function signalJob(steps: string, signal: Signal, before: Set<string>, spared: ReadonlySet<number>): Promise<readonly number[]> {
  const all = await allProcesses();
  const job = jobTraces(steps);
  const members = new Set(job.cgroups.flatMap(cgroupMembers));
  const ours = new Set(all.filter((one) => before.has(one.name) || members.has(one.pid) || job.sessions.has(one.session) || isMarked(one, steps)).map(({ pid }) => pid));
  for (let size = -1; size !== ours.size;) {
    size = ours.size;
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
  }
  const found = all.filter(({ pid, live }) => live && ours.has(pid) && pid !== process.pid && !spared.has(pid));
  before.clear();
  for (const { pid, name } of found) {
    if (!job.sessions.has(pid)) before.add(name);
    if (signal !== '0') send(pid, `SIG${signal}`);
  }
  return found.map(({ pid }) => pid);
}

/** The folders of the cgroups of a job's supervisors, of whatever worker. */
export function jobCgroups(steps: string): readonly string[] {
  return jobTraces(steps).cgroups;
}

/**
 * What the supervisors of a job have written down, of whatever worker. A session whose leader's pid is another process's now says nothing; a pid that no
 * process has is still the session's, as long as there is one in it.
 */
function jobTraces(steps: string): JobTraces {
  const folder = join(steps, SUPERVISORS);
  const records = existsSync(folder) ? readdirSync(folder).map((name) => read(join(folder, name)).split('\n')) : [];
  const sessions = records.flatMap(([leader = '']) => {
    const [pid = '', start, boot] = leader.split(' ');
    const now = processId(Number(pid));
    return pid !== '' && (now === undefined || now.start === `${boot}/${start}`) ? [Number(pid)] : [];
  });
  return { sessions: new Set(sessions), cgroups: records.flatMap(([, cgroup]) => cgroup || []) };
}

/** A look that begins after the call: one that has begun may have missed what was started since. */
function allProcesses(): Promise<readonly Entry[]> {
  return (next ??= pause(Math.max(0, restUntil - performance.now())).then(() => {
    next = undefined;
    const since = performance.now();
    try {
      return lookAtAll();
    } finally {
      const now = performance.now();
      restUntil = now + Math.min(LONGEST_REST_MS, (now - since) * (1 / SHARE_OF_TIME - 1));
    }
  }));
}

function lookAtAll(): readonly Entry[] {
  const seen = new Map<string, readonly string[]>();
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => entry(Number(name), seen) ?? []);
  known = seen;
  return all;
}

/** @see proc_pid_stat(5): after the name in parentheses come state, parent, group, session; field 22 is the start, 50 and 51 are the environment's place */
function entry(pid: number, seen: Map<string, readonly string[]>): Entry | undefined {
  const text = readStat(pid);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, , session] = fields;
  if (state === '') return undefined;
  const [name, from, to] = [`${pid}/${fields[19]}`, fields[47], fields[48]];
  return { pid, name, parent: Number(parent), session: Number(session), live: state !== 'Z' && state !== 'X', markers: from === '0' ? NONE : markers(pid, `${name}/${from}-${to}`, seen) };
}

/** What shows no environment, since it is just executing another program, is asked again. */
function markers(pid: number, key: string, seen: Map<string, readonly string[]>): readonly string[] {
  let found = known.get(key);
  if (found === undefined) {
    const environment = read(`/proc/${pid}/environ`);
    if (environment === '') return NONE;
    found = environment.includes(MARKER) ? environment.split('\0').flatMap((variable) => (variable.startsWith(`${MARKER}=`) ? variable.slice(MARKER.length + 1) : [])) : NONE;
  }
  seen.set(key, found);
  return found;
}

function isMarked({ markers }: Entry, steps: string): boolean {
  return markers.some((folder) => folder.startsWith(`${steps}/`));
}

function readStat(pid: number): string {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/stat`, 'r');
    return stat.toString('latin1', 0, readSync(file, stat, 0, STAT_BYTES, null));
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
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
