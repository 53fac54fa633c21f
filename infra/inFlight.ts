/**
 * Notes of the activities that this worker process has in hand, so that the next worker on this host can hand those of a killed
 * one back to the server at once, instead of after their heartbeat timeout.
 *
 * 1. A note is written before the activity acts and removed when it has ended.
 * 2. Notes are taken over only from a process that is gone; a recycled pid is told apart by its start time.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { stateDir } from './paths.js';
import { processId, type ProcessId } from './processId.js';

const own = nameOf(processId(process.pid) ?? { pid: process.pid, start: '' });

export function noteInFlight(taskToken: Uint8Array): void {
  mkdirSync(notes(own), { recursive: true, mode: 0o700 });
  writeFileSync(note(own, taskToken), taskToken, { mode: 0o600 });
}

export function forgetInFlight(taskToken: Uint8Array): void {
  rmSync(note(own, taskToken), { force: true });
}

/** Task tokens of the activities that killed workers had in hand. Each is given once. */
export function takeOverInFlight(): readonly Uint8Array[] {
  const dead = workers().filter((worker) => worker !== own && isGone(worker));
  return dead.flatMap((worker) => {
    const tokens = readdirSync(notes(worker)).map((name) => readFileSync(join(notes(worker), name)));
    rmSync(notes(worker), { recursive: true, force: true });
    return tokens;
  });
}

function workers(): readonly string[] {
  try {
    return readdirSync(stateDir('in-flight'));
  } catch {
    return [];
  }
}

function isGone(worker: string): boolean {
  const [pid, mark] = worker.split('-');
  const now = processId(Number(pid));
  return now === undefined || nameOf(now) !== `${pid}-${mark}`;
}

function nameOf({ pid, start }: ProcessId): string {
  return `${pid}-${createHash('sha256').update(start).digest('hex').slice(0, 12)}`;
}

function notes(worker: string): string {
  return stateDir('in-flight', worker);
}

function note(worker: string, taskToken: Uint8Array): string {
  return join(notes(worker), createHash('sha256').update(taskToken).digest('hex').slice(0, 32));
}
