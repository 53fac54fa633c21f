/** The supervisors that a worker has for a job: as many as steps of it run at the same time, kept for the next steps, and then for the next job. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMembers, endCgroup } from './cgroup.js';
import { jobCgroups } from './processes.js';
import { SUPERVISORS } from './supervise.js';
import { startSupervisor, type Answer, type Supervisor } from './supervisor.js';
import { keepForNextJob, takeKept } from './keptSupervisors.js';

export interface Supervisors {
  /** Has the step started by an idle supervisor, or a new one. @throws TransientError */
  give(name: string): Promise<Answer>;
  /** Lets go of those that have a step in hand. @returns the pids of the others */
  keepIdle(): ReadonlySet<number>;
  /** The job is over: what is left in a cgroup of it is killed, and its idle supervisors serve the next jobs if nothing of this one is left. */
  end(nothingLeft: boolean): Promise<void>;
  /** They end when their steps have ended. A later step gets new ones. */
  release(): void;
}

/** A supervisor that got no step in this time is not kept. */
const IDLE_MS = 60_000;

/** @param steps the folder of journals */
export function openSupervisors(steps: string): Supervisors {
  return new JobSupervisors(steps);
}

class JobSupervisors implements Supervisors {
  readonly #all = new Set<Supervisor>();
  readonly #unused = new Set<Supervisor>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly steps: string) {}

  async give(name: string): Promise<Answer> {
    for (const one of this.#all) if (!one.alive) this.#dismiss(one);
    const one = [...this.#all].find(({ idle }) => idle) ?? this.#takeKept() ?? await startSupervisor(this.steps);
    this.#all.add(one);
    this.#unused.delete(one);
    this.#timer ??= setInterval(() => this.#look(), IDLE_MS).unref();
    return one.give(name);
  }

  keepIdle(): ReadonlySet<number> {
    for (const one of this.#all) if (!one.idle) this.#dismiss(one);
    return new Set([...this.#all].map(({ pid }) => pid));
  }

  async end(nothingLeft: boolean): Promise<void> {
    for (const one of this.#all) {
      if (nothingLeft && isAlone(one)) this.#handOn(one);
    }
    this.release();
    await Promise.all(jobCgroups(this.steps).map(endCgroup));
  }

  release(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const one of this.#all) this.#dismiss(one);
  }

  /** The job forgets it before another one can have it: what ends this job once more must not end that one's steps. */
  #handOn(one: Supervisor): void {
    this.#all.delete(one);
    this.#unused.delete(one);
    rmSync(join(this.steps, SUPERVISORS, String(one.pid)), { force: true });
    keepForNextJob(one);
  }

  #takeKept(): Supervisor | undefined {
    if (this.steps.includes('\n')) return undefined; // it could not be told
    const one = takeKept();
    one?.serve(this.steps);
    return one;
  }

  #look(): void {
    for (const one of this.#unused) this.#dismiss(one);
    for (const one of this.#all) if (one.idle) this.#unused.add(one);
  }

  #dismiss(one: Supervisor): void {
    one.release();
    this.#all.delete(one);
    this.#unused.delete(one);
  }
}

function isAlone({ idle, pid, cgroup }: Supervisor): boolean {
  return idle && (cgroup === undefined || cgroupMembers(cgroup).every((member) => member === pid));
}
