/** Progress without a terminal: one line for each change between two looks at a run. Pure. */
import { queueText } from '../../language/queuePlace.js';
import type { Conclusion, JobRecord, ProgressRecord, StepRecord, UndoRecord } from '../../language/record.js';
import { clock, elapsed } from './elapsed.js';
import type { SeenRecord } from '../runs/hostWait.js';
import { gateLines, gateOf, newHostWaits, parkedHint, parkedOf } from './parked.js';
import { placeOf } from './place.js';
import { cleanLine, firstLines } from './text.js';
import { endOf } from './tree.js';

export interface PlainOptions {
  /** The moment of a change that the record has no time of, in milliseconds since the epoch. @default the record's last time */
  readonly now?: number;
  /** An IANA name. @default the host's */
  readonly timeZone?: string;
}

interface Change { readonly at: number; readonly text: string }
const ERROR_LINES = 20;

/** What changed from `previous` (nothing seen yet when undefined) to `next`, oldest first; `[]` when nothing did. */
export function plainLines(previous: SeenRecord | undefined, next: SeenRecord, options: PlainOptions = {}): string[] {
  const now = options.now ?? next.endedAt ?? next.startedAt;
  const before = previous?.attempt === next.attempt ? previous : undefined;
  const jobs = next.jobs.flatMap((job) => jobChanges(before?.jobs.find((other) => other.key === job.key), job, next, now));
  jobs.sort((a, b) => a.at - b.at);
  const waits = newHostWaits(before, next).map((text): Change => ({ at: now, text }));
  return lines([...startChanges(before, next), ...queueChanges(before, next, now), ...jobs, ...undoChanges(before, next, now), ...waits, ...endChanges(before, next, now)], options);
}

/** The same of the undo alone: for a view that shows jobs in its own way. */
export function undoLines(previous: ProgressRecord | undefined, next: ProgressRecord, options: PlainOptions = {}): string[] {
  const before = previous?.attempt === next.attempt ? previous : undefined;
  return lines(undoChanges(before, next, options.now ?? next.endedAt ?? Date.now()), options);
}

function lines(changes: readonly Change[], { timeZone }: PlainOptions): string[] {
  return changes.flatMap(({ at, text }) => text.split('\n').map((part, index) => `${index === 0 ? clock(at, timeZone) : '        '} ${part}`));
}

/** Last in, first out. */
function undoChanges(before: ProgressRecord | undefined, next: ProgressRecord, now: number): Change[] {
  return [...undoingChanges(before, next, now), ...next.undos.map((undo, at) => undoChange(before?.undos[at], undo, now)).reverse().flat()];
}

function startChanges(before: ProgressRecord | undefined, next: ProgressRecord): Change[] {
  const changes: Change[] = [];
  if (before === undefined) {
    const earlier = next.jobs.flatMap((job) => job.steps).filter((step) => isEarlier(step, next)).length;
    const attempt = next.attempt > 1 ? ` attempt ${next.attempt}` : '';
    changes.push({ at: next.startedAt, text: `${next.run}${attempt} ${next.status === 'waiting' ? 'waits for another run' : 'started'}${earlier > 0 ? `; ${earlier} done before` : ''}` });
  } else if (before.status === 'waiting' && next.status !== 'waiting') changes.push({ at: next.startedAt, text: `${next.run} goes on` });
  return changes;
}

/** A run's place in the queue of its group, when it has another one than before. */
function queueChanges(before: ProgressRecord | undefined, next: ProgressRecord, now: number): Change[] {
  const { status, waitsFor, queuePlace } = next;
  const waits = status === 'waiting' && waitsFor !== undefined && queuePlace !== undefined && next.jobs.every((job) => job.waiting === undefined);
  if (!waits || (before?.status === 'waiting' && before.queuePlace === queuePlace)) return [];
  return [{ at: now, text: `${next.run} is ${cleanLine(queueText(waitsFor, queuePlace), false)}` }];
}

function undoingChanges(before: ProgressRecord | undefined, next: ProgressRecord, now: number): Change[] {
  return next.status === 'undoing' && before?.status !== 'undoing' ? [{ at: now, text: `${next.run} undoing` }] : [];
}

function endChanges(before: ProgressRecord | undefined, next: ProgressRecord, now: number): Change[] {
  if (next.status !== 'completed' || before?.status === 'completed') return [];
  const at = next.endedAt ?? now;
  return [{ at, text: `${next.run} ${endOf(next)} in ${elapsed(at - next.startedAt)}` }];
}

/** Done by an earlier attempt of the run. */
const isEarlier = (step: StepRecord, run: ProgressRecord): boolean =>
  run.attempt > 1 && step.status === 'completed' && step.endedAt !== undefined && step.endedAt < run.startedAt;

function jobChanges(before: JobRecord | undefined, job: JobRecord, run: ProgressRecord, now: number): Change[] {
  if (run.attempt > 1 && job.status === 'completed' && job.endedAt !== undefined && job.endedAt < run.startedAt) return []; // with what it skipped, of which no step has a time
  const steps = job.steps.filter((step) => !isEarlier(step, run))
    .flatMap((step) => stepChange(job, before?.steps.find((other) => other.address === step.address), step, now, run.run));
  if (job.waitsFor !== undefined && job.queuePlace !== undefined && before?.queuePlace !== job.queuePlace) {
    steps.push({ at: now, text: `${cleanLine(job.key, false)} waits: ${cleanLine(queueText(job.waitsFor, job.queuePlace), false)}` });
  }
  const untold = job.steps.every((step) => step.status !== 'completed') || (job.error !== undefined && job.conclusion !== 'success');
  const gate = gateOf(job);
  if (gate !== undefined && (before === undefined || gateOf(before)?.since !== gate.since)) {
    steps.push({ at: gate.since, text: [`${cleanLine(job.key, false)} waits for the environment ${gate.environment}`, ...gateLines(run.run, job).map((line) => `  ${line}`)].join('\n') });
  }
  if (job.gate !== undefined && before?.gate === undefined) steps.push({ at: job.gate.at, text: `${cleanLine(job.key, false)} ${gateLines(run.run, { ...job, status: 'queued' }).join('')}` });
  if (job.status === 'completed' && before?.status !== 'completed' && untold) {
    const why = job.error !== undefined && job.steps.every((step) => step.error === undefined) ? `\n${indented(job.error)}` : '';
    steps.push({ at: job.endedAt ?? now, text: `${cleanLine(job.key, false)} ${word(job.conclusion)}: ${cleanLine(job.name, false)}${why}` });
  }
  return steps;
}

function stepChange(job: JobRecord, before: StepRecord | undefined, step: StepRecord, now: number, run: string): Change[] {
  const address = placeOf(job, step);
  const name = cleanLine(step.name, false);
  if (step.status === 'queued' || before?.status === step.status) return [];
  if (step.status === 'in_progress') return [{ at: step.startedAt ?? now, text: `${address} started: ${name}` }];
  const took = step.startedAt !== undefined && step.endedAt !== undefined && step.conclusion !== 'skipped' ? ` in ${elapsed(step.endedAt - step.startedAt)}` : '';
  const error = step.error === undefined ? '' : `\n${indented(step.error)}`;
  const wait = step.status === 'waiting' ? parkedOf(job) : undefined;
  const hint = wait === undefined ? '' : parkedHint(run, wait, wait.since).map((line) => `\n  ${line}`).join('');
  return [{ at: step.endedAt ?? now, text: `${address} ${word(step.outcome ?? step.conclusion)}${took}${wait === undefined ? '' : ' and waits for a decision'}: ${name}${error}${hint}` }];
}

function undoChange(before: UndoRecord | undefined, undo: UndoRecord, now: number): Change[] {
  if (undo.status === 'queued' || before?.status === undo.status) return [];
  const name = cleanLine(undo.name, false);
  if (undo.status === 'in_progress') return [{ at: now, text: `undo ${undo.address} started: ${name}` }];
  const left = undo.left.map((thing) => `\n  left: ${firstLines(thing, 1, false).join('')}`).join('');
  const error = undo.error === undefined ? '' : `\n${indented(undo.error)}`;
  return [{ at: now, text: `undo ${undo.address} ${word(undo.conclusion)}: ${name}${left}${error}` }];
}

function word(conclusion: Conclusion | undefined): string {
  return conclusion === 'failure' ? 'failed' : conclusion ?? 'done';
}

const indented = (error: string): string => firstLines(error, ERROR_LINES, false).map((text) => `  ${text}`).join('\n');
