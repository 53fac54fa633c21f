/** The attempts of a run: each is an execution of its own under the run's workflow id. */
import type { Client } from '@temporalio/client';
import { openJobTrail } from '../../infra/steps/jobTrail.js';
import type { RunId, StepAddress } from '../../language/ids.js';
import type { ProgressRecord } from '../../language/record.js';
import { MEMO } from '../../workflows/messages.js';
import { UsageError } from '../errors.js';
import type { ByteRange } from '../log/runLog.js';
import { quoted } from './list.js';
import { asRecord } from './read.js';
import type { SeenRun } from './whole.js';

/** The record with which an attempt ended, or stands. @throws UsageError when the run has no such attempt */
export async function recordOfAttempt(client: Client, { id, record }: Pick<SeenRun, 'id' | 'record'>, attempt: number): Promise<ProgressRecord> {
  if (record.attempt === attempt) return record;
  const earlier = (await earlierRecords(client, { id, record })).find((one) => one.attempt === attempt);
  if (earlier !== undefined) return earlier;
  throw new UsageError(`${id} has no attempt ${attempt}\n  ${attempt < record.attempt ? 'Temporal does not keep it any more' : `Its latest is ${record.attempt}`}.`);
}

/** The records with which the attempts before this one ended, the oldest first, as far as Temporal still keeps them. */
export async function earlierRecords(client: Client, { id, record }: Pick<SeenRun, 'id' | 'record'>): Promise<readonly ProgressRecord[]> {
  if (record.attempt === 1) return [];
  const found: ProgressRecord[] = [];
  for await (const { memo } of client.workflow.list({ query: `WorkflowId = ${quoted(id)}` })) {
    const earlier = asRecord(memo?.[MEMO.record]);
    if (earlier !== undefined && earlier.attempt < record.attempt) found.push(earlier);
  }
  return found.sort((a, b) => a.attempt - b.attempt);
}

const NOTHING: ByteRange = { from: 0, to: 0 };

/**
 * Where what one attempt printed stands in a step's log, which is one for all attempts: the journals of the job say where each begins. A step that no
 * journal knows is shown whole: it is an action's, which says itself where an attempt begins.
 */
export function attemptRanges(run: RunId, attempt: number, latest: number): (job: string, step: StepAddress) => ByteRange | undefined {
  const known = new Map<string, ReadonlyMap<StepAddress, number>[]>();
  const offsets = (job: string): ReadonlyMap<StepAddress, number>[] => {
    const found = known.get(job) ?? Array.from({ length: latest }, (_, at) => beginnings(run, job, at + 1));
    known.set(job, found);
    return found;
  };
  return (job, step) => {
    const begins = offsets(job).map((of) => of.get(step));
    if (begins.every((one) => one === undefined)) return undefined;
    const from = begins[attempt - 1];
    const to = begins.slice(attempt).find((one) => one !== undefined);
    return from === undefined ? NOTHING : { from, ...(to === undefined ? {} : { to }) };
  };
}

function beginnings(run: RunId, job: string, attempt: number): ReadonlyMap<StepAddress, number> {
  const trail = openJobTrail(run, job, attempt);
  const found = new Map<StepAddress, number>();
  for (let events = trail.next(); events !== undefined && events.length > 0; events = trail.next()) {
    for (const event of events) if (event.kind === 'begin' && !found.has(event.step)) found.set(event.step, event.log);
  }
  return found;
}
