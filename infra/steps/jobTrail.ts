/** How far a job on this host is, as its own journal tells it: at once, and in order. Nothing else of the journal leaves it: it may hold secrets. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { RunId, StepAddress } from '../../language/ids.js';
import { jobEntriesPath } from './paths.js';

export type TrailEvent =
  /** The step's log begins at byte `log` of its file. */
  | { readonly kind: 'begin'; readonly step: StepAddress; readonly at: number; readonly log: number }
  /** `conclusion` is one of GitHub's words. Milliseconds since the epoch; absent for a step that was skipped. */
  | { readonly kind: 'end'; readonly step: StepAddress; readonly outcome?: string; readonly conclusion?: string; readonly startedAt?: number; readonly endedAt?: number }
  /** Nothing comes after it. */
  | { readonly kind: 'over' };

export interface JobTrail {
  /** What came since the last look, in order; undefined while there is no journal on this host. */
  next(): readonly TrailEvent[] | undefined;
}

const PIECE_BYTES = 256 * 1024;

/** @param job its key @param attempt of the run */
export function openJobTrail(run: RunId, job: string, attempt: number): JobTrail {
  const path = jobEntriesPath(run, job, attempt);
  let position = 0;
  let rest = Buffer.alloc(0);
  return {
    next: () => {
      const fresh = readFrom(path, position);
      if (fresh === undefined) return undefined;
      position += fresh.length;
      const bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
      const end = bytes.lastIndexOf(0x0a) + 1;
      rest = Buffer.from(bytes.subarray(end));
      return bytes.subarray(0, end).toString('utf8').split('\n').flatMap(parseEvent);
    },
  };
}

/** Most looks find nothing new: they open nothing. */
function readFrom(path: string, from: number): Buffer | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const buffer = Buffer.alloc(Math.min(PIECE_BYTES, Math.max(0, found.size - from)));
  if (buffer.length === 0) return buffer;
  try {
    const file = openSync(path, 'r');
    try {
      return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, from));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

interface Entry {
  readonly kind?: string;
  readonly address?: string;
  readonly at?: number;
  readonly log?: number;
  readonly record?: { readonly outcome?: string; readonly conclusion?: string; readonly startedAt?: number; readonly endedAt?: number };
}

/** Steps of composite actions are a part of the step that uses them. */
const OF_A_JOB = /^[^/]+\/[^/]+$/;

function parseEvent(line: string): TrailEvent[] {
  if (line.startsWith('{"kind":"over"')) return [{ kind: 'over' }];
  if (!/^\{"kind":"(?:begin|end)"/.test(line)) return [];
  try {
    const { kind, address = '', at = 0, log = 0, record = {} } = JSON.parse(line) as Entry;
    const step = address as StepAddress;
    if (!OF_A_JOB.test(address)) return [];
    const { outcome, conclusion, startedAt, endedAt } = record;
    return [kind === 'begin' ? { kind, step, at, log } : {
      kind: 'end', step, ...(outcome ? { outcome } : {}), ...(conclusion ? { conclusion } : {}), ...(startedAt === undefined ? {} : { startedAt }), ...(endedAt === undefined ? {} : { endedAt }),
    }];
  } catch {
    return []; // a line that a crash cut short does not count
  }
}
