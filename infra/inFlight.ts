/**
 * What the worker processes of this host have in hand, in notes, so that the next worker can hand back to the server what a killed one had, at once
 * instead of after its timeouts.
 *
 * 1. A worker has a folder of notes from before it polls until it has ended well: one that is left says that its worker was killed.
 * 2. A note is written before its activity acts and removed when it has ended. What was given to a worker that was killed before it could
 *    note it is found by the worker's identity.
 * 3. Folders are taken over only from a process that is gone; a recycled pid is told apart by its start time.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { stateDir } from './paths.js';
import { processId, type ProcessId } from './processId.js';

/** One attempt of one activity. */
export interface ActivityInHand {
  readonly workflowId: string;
  /** Of the workflow's execution. */
  readonly runId: string;
  readonly taskToken: Uint8Array;
}

/** What killed workers have left. */
export interface Bequest {
  /** By which the server knows them. */
  readonly identities: readonly string[];
  readonly activities: readonly ActivityInHand[];
}

const own = nameOf(processId(process.pid) ?? { pid: process.pid, start: '' });

/** Says that this process is a worker. @returns the identity by which the server is to know it, as no other process */
export function announceWorker(): string {
  mkdirSync(notes(own), { recursive: true, mode: 0o700 });
  return identityOf(own);
}

/** This worker has ended well: it has nothing in hand any more. */
export function leaveWorkers(): void {
  rmSync(notes(own), { recursive: true, force: true });
}

export function noteInFlight({ workflowId, runId, taskToken }: ActivityInHand): void {
  mkdirSync(notes(own), { recursive: true, mode: 0o700 });
  writeFileSync(note(own, taskToken), JSON.stringify({ workflowId, runId, taskToken: Buffer.from(taskToken).toString('base64') }), { mode: 0o600 });
}

export function forgetInFlight(taskToken: Uint8Array): void {
  rmSync(note(own, taskToken), { force: true });
}

/** What the killed workers of this host had in hand. It is given once. */
export function takeOverKilled(): Bequest {
  const killed = workers().filter((worker) => worker !== own && isGone(worker));
  const activities = killed.flatMap((worker) => readdirSync(notes(worker)).flatMap((name) => readNote(join(notes(worker), name))));
  for (const worker of killed) rmSync(notes(worker), { recursive: true, force: true });
  return { identities: killed.map(identityOf), activities };
}

/** A note that a kill has cut short is none: its activity is found by its worker's identity. */
function readNote(path: string): ActivityInHand[] {
  try {
    const { workflowId, runId, taskToken } = JSON.parse(readFileSync(path, 'utf8')) as { workflowId: string; runId: string; taskToken: string };
    return [{ workflowId, runId, taskToken: Buffer.from(taskToken, 'base64') }];
  } catch {
    return [];
  }
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

function identityOf(worker: string): string {
  return `${worker}@${hostname()}`;
}

function notes(worker: string): string {
  return stateDir('in-flight', worker);
}

function note(worker: string, taskToken: Uint8Array): string {
  return join(notes(worker), createHash('sha256').update(taskToken).digest('hex').slice(0, 32));
}
