/**
 * A segment: consecutive steps of a job, back to back, on one host.
 *
 * Owns: the order of pre steps, steps and post steps, and when the segment gives back what it has. Does not own: a step (`stepExecutor.ts`), its
 * process (`processRunner.ts`), when a job is over (the workflow).
 * 1. Asked again after a kill, it goes on where the job's journal ends.
 * 2. It gives back after a while, and when a step lasts longer than a moment, so that the run shows where it is.
 * 3. One that pauses gives back at the step that failed; what runs in the background is ended, to be run again.
 */
import { stepConclusion } from '../../language/conclusions.js';
import { templateText } from '../../language/expressions.js';
import type { StepAddress } from '../../language/ids.js';
import type { ControlStepPlan, JobPlan, StepPlan } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';
import { evaluateContinueOnError } from '../../language/steps.js';
import { postAddress } from './actionAddresses.js';
import { Background, settled } from './background.js';
import { holds } from './condition.js';
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
  /** A step that fails ends the segment. @default false */
  readonly pauses?: boolean;
}

export interface SegmentParts {
  readonly executor: StepExecutor;
  readonly frame: Frame;
  readonly entries: JobEntries;
  readonly times: SegmentTimes;
  readonly cancelled: () => boolean;
  /** Whether the job had its time to end after its cancel: nothing begins any more. */
  readonly forced: () => boolean;
  /** Runs an action's part after the job's last step. */
  readonly post: (entry: PostEntry, frame: Frame) => Promise<StepRecord>;
}

export interface SegmentEnd {
  readonly steps: readonly StepRecord[];
  /** Of the job, when it is over. */
  readonly outputs?: Readonly<Record<string, string>>;
}

/** @throws when the host is lost or let go of */
export async function runSegment({ steps, last, alone, outputs, pauses = false }: SegmentRequest, parts: SegmentParts): Promise<SegmentEnd> {
  const { frame, times, entries } = parts;
  const records: StepRecord[] = [];
  const background = new Background();
  const add = (more: readonly StepRecord[]): void => {
    frame.add(...more);
    records.push(...more);
  };
  const since = performance.now();
  for (const [i, step] of steps.entries()) {
    if (i > 0 && !background.some && performance.now() - since > times.segmentMs) return { steps: records };
    const lingerMs = background.some || (alone && i === 0) ? undefined : times.lingerMs;
    const done = await runOne(step, background, lingerMs, parts);
    if (done === LINGERS) return { steps: [...records, running(step, entries)] };
    add(done);
    if (pauses && failed(done)) return { steps: [...records, ...settled(await background.settle({ kind: 'cancel' }), { kind: 'cancel' }, false)] };
    if (alone) return { steps: records };
  }
  const ended = await background.settle({ kind: 'wait' });
  add(ended);
  if (!last || (pauses && failed(ended))) return { steps: records };
  add(await runPosts(parts));
  return { steps: records, outputs: jobOutputs(outputs, parts) };
}

/** What is over by the step: its own record, and those that it waited for; of a background step none yet. */
async function runOne(step: StepPlan, background: Background, lingerMs: number | undefined, { executor, frame }: SegmentParts): Promise<readonly StepRecord[] | typeof LINGERS> {
  if (step.kind === 'wait' || step.kind === 'cancel') return control(step, background, frame);
  if (step.background) {
    await background.start(step as HostStep, (stop) => executor.execute(step as HostStep, frame, { stop }) as Promise<StepRecord>);
    return [];
  }
  const record = await executor.execute(step as HostStep, frame, { lingerMs });
  return record === LINGERS ? LINGERS : [record];
}

/** A control step has no `if`: it is done in any case, so that nothing is left running. */
async function control(step: ControlStepPlan, background: Background, frame: Frame): Promise<readonly StepRecord[]> {
  const startedAt = Date.now();
  const records = await background.settle(step);
  const failures = step.kind === 'wait' ? records.filter(({ conclusion }) => conclusion === 'failure') : [];
  const forgiven = failures.length > 0 && evaluateContinueOnError(step.continueOnError, frame.scope(false));
  const outcome = failures.length > 0 ? 'failure' : 'success';
  const own: StepRecord = {
    address: step.address, ...(step.id === undefined ? {} : { id: step.id }), name: step.name, status: 'completed', outcome,
    conclusion: stepConclusion(outcome, forgiven), outputs: {}, startedAt, endedAt: Date.now(),
    ...(failures.length > 0 ? { error: failures.map(({ name, error }) => `${name}: ${error ?? 'failed'}`).join('\n') } : {}),
  };
  return [...settled(records, step, forgiven), own];
}

function failed(records: readonly StepRecord[]): boolean {
  return records.some(({ conclusion }) => conclusion === 'failure');
}

function running(step: StepPlan, entries: JobEntries): StepRecord {
  const { address, id } = step;
  const { name, at } = entries.begun(address) ?? { name: step.name, at: Date.now() };
  return { address, ...(id === undefined ? {} : { id }), name, status: 'in_progress', outputs: {}, startedAt: at };
}

/** Last in, first out. What registers a post step while they run is not waited for. */
async function runPosts({ entries, frame, post, cancelled, forced }: SegmentParts): Promise<readonly StepRecord[]> {
  const records: StepRecord[] = [];
  for (const entry of [...entries.posts].reverse()) {
    const address = postAddress(entry.address);
    const runs = (): boolean => !forced() && holds(entry.if, frame.scope(cancelled(), entry.action));
    const record = entries.ended(address)?.record ?? (runs() ? await post(entry, frame) : skipped(entry, address));
    frame.add(record);
    records.push(record);
  }
  return records;
}

function skipped({ name }: PostEntry, address: StepAddress): StepRecord {
  return { address, name: `Post ${name}`, stage: 'post', status: 'completed', outcome: 'skipped', conclusion: 'skipped', outputs: {} };
}

/** What cannot be evaluated is empty, as on GitHub. */
function jobOutputs(outputs: JobPlan['outputs'], { frame, cancelled }: SegmentParts): Readonly<Record<string, string>> {
  const scope = frame.scope(cancelled());
  return Object.fromEntries(Object.entries(outputs).map(([name, template]) => [name, templateText(template, scope)]));
}
