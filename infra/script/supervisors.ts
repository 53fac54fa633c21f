/** The supervisors that a worker has for a job: as many as steps of it run at the same time, kept for the next steps. */
import { startSupervisor, type Answer, type Supervisor } from './supervisor.js';

export interface Supervisors {
  /** Has the step started by an idle supervisor, or a new one. @throws TransientError */
  give(name: string): Promise<Answer>;
  /** They end when their steps have ended. A later step gets new ones. */
  release(): void;
}

/** A supervisor that got no step in this time is not kept. */
const IDLE_MS = 60_000;

/** @param steps the folder of journals */
export function openSupervisors(steps: string): Supervisors {
  const all = new Set<Supervisor>();
  const unused = new Set<Supervisor>();
  let timer: NodeJS.Timeout | undefined;
  const dismiss = (one: Supervisor): void => {
    one.release();
    all.delete(one);
    unused.delete(one);
  };
  const look = (): void => {
    for (const one of unused) dismiss(one);
    for (const one of all) if (one.idle) unused.add(one);
  };
  return {
    give: async (name) => {
      for (const one of all) if (!one.alive) dismiss(one);
      const one = [...all].find(({ idle }) => idle) ?? await startSupervisor(steps);
      all.add(one);
      unused.delete(one);
      timer ??= setInterval(look, IDLE_MS).unref();
      return one.give(name);
    },
    release: () => {
      clearInterval(timer);
      timer = undefined;
      all.forEach(dismiss);
    },
  };
}
