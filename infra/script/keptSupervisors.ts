/** Supervisors between two jobs: to start one costs the worker more than a step. They end with the worker. */
import type { Supervisor } from './supervisor.js';

/** Milliseconds that one waits for a job. */
const KEPT_MS = 60_000;
const MOST_KEPT = 16;

const kept = new Map<Supervisor, NodeJS.Timeout>();

/** @param one idle, and nothing of its last job is left */
export function keepForNextJob(one: Supervisor): void {
  if (kept.size >= MOST_KEPT) return one.release();
  kept.set(one, setTimeout(() => {
    kept.delete(one);
    one.release();
  }, KEPT_MS).unref());
}

/** The one that was kept last, whose memory is the warmest; undefined when there is none. */
export function takeKept(): Supervisor | undefined {
  for (const [one, timer] of [...kept].reverse()) {
    clearTimeout(timer);
    kept.delete(one);
    if (one.idle) return one;
  }
  return undefined;
}

/** Ends all of them. */
export function releaseKept(): void {
  for (const [one, timer] of kept) {
    clearTimeout(timer);
    one.release();
  }
  kept.clear();
}
