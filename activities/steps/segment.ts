/**
 * A segment: consecutive steps of a job, back to back, on one host.
 *
 * Owns: the order of pre steps, steps and post steps, and when the segment gives back what it has. Does not own: a step (`stepExecutor.ts`), its
 * process (`processRunner.ts`), when a job is over (the workflow).
 * 1. Asked again after a kill, it goes on where the job's journal ends.
 * 2. It gives back after a while, and when a step lasts longer than a moment, so that the run shows where it is.
 */
import { stepScope } from '../../language/contexts.js';
import { evaluateCondition, ExpressionError, templateText } from '../../language/expressions.js';
import type { StepAddress } from '../../language/ids.js';
import type { JobPlan, StepPlan } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';
import type { JobEntries, PostEntry } from './entries.js';
import type { Frame } from './frame.js';
import { LINGERS } from './stepEnd.js';
import type { HostStep, StepExecutor } from './stepExecutor.js';

export interface SegmentTimes {
  /** After this long the segment gives back what it has, at the end of a step. Milliseconds. @default 2000 */
  readonly segmentMs: number;
  /** A process that lasts longer gets an activity of its own. Milliseconds. @default 1000 */
  readonly lingerMs: number;
}

export const SEGMENT_TIMES: SegmentTimes = { segmentMs: 2000, lingerMs: 1000 };

export interface SegmentRequest {
  readonly steps: readonly StepPlan[];
  readonly last: boolean;
  /** The first step is followed to its end, however long it takes. */
  readonly alone: boolean;
  readonly outputs: JobPlan['outputs'];
}

export interface SegmentParts {
  readonly executor: StepExecutor;
  readonly frame: Frame;
  readonly entries: JobEntries;
  readonly times: SegmentTimes;
  readonly cancelled: () => boolean;
  /** Runs an action's part after the job's last step. */
  readonly post: (entry: PostEntry, frame: Frame) => Promise<StepRecord>;
}

export interface SegmentEnd {
  readonly steps: readonly StepRecord[];
  /** Of the job, when it is over. */
  readonly outputs?: Readonly<Record<string, string>>;
}

/** @throws when the host is lost or let go of */
export async function runSegment({ steps, last, alone, outputs }: SegmentRequest, parts: SegmentParts): Promise<SegmentEnd> {
  const { frame, executor, times } = parts;
  const records: StepRecord[] = [];
  const since = performance.now();
  for (const [i, step] of steps.entries()) {
    if (i > 0 && performance.now() - since > times.segmentMs) return { steps: records };
    const record = await executor.execute(step as HostStep, frame, alone && i === 0 ? {} : { lingerMs: times.lingerMs });
    if (record === LINGERS) return { steps: [...records, running(step, parts.entries)] };
    frame.add(record);
    records.push(record);
    if (alone) return { steps: records };
  }
  if (!last) return { steps: records };
  const posts = await runPosts(parts);
  return { steps: [...records, ...posts], outputs: jobOutputs(outputs, parts) };
}

function running(step: StepPlan, entries: JobEntries): StepRecord {
  const { address, id } = step;
  const { name, at } = entries.begun(address) ?? { name: step.name, at: Date.now() };
  return { address, ...(id === undefined ? {} : { id }), name, status: 'in_progress', outputs: {}, startedAt: at };
}

/** Last in, first out. What registers a post step while they run is not waited for. */
async function runPosts({ entries, frame, post, cancelled }: SegmentParts): Promise<readonly StepRecord[]> {
  const records: StepRecord[] = [];
  for (const entry of [...entries.posts].reverse()) {
    const address = postAddress(entry.address);
    const record = entries.ended(address)?.record ?? (holds(entry.if, frame, cancelled()) ? await post(entry, frame) : skipped(entry, address));
    frame.add(record);
    records.push(record);
  }
  return records;
}

export function postAddress(address: string): StepAddress {
  const at = address.indexOf('/');
  return `${address.slice(0, at)}/post-${address.slice(at + 1)}` as StepAddress;
}

function skipped({ name }: PostEntry, address: StepAddress): StepRecord {
  return { address, name: `Post ${name}`, stage: 'post', status: 'completed', outcome: 'skipped', conclusion: 'skipped', outputs: {} };
}

function holds(condition: string, frame: Frame, cancelled: boolean): boolean {
  try {
    return evaluateCondition(condition, stepScope(frame.scopeInput(cancelled, '')));
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}

/** What cannot be evaluated is empty, as on GitHub. */
function jobOutputs(outputs: JobPlan['outputs'], { frame, cancelled }: SegmentParts): Readonly<Record<string, string>> {
  const scope = stepScope(frame.scopeInput(cancelled(), ''));
  return Object.fromEntries(Object.entries(outputs).map(([name, template]) => [name, templateText(template, scope)]));
}
