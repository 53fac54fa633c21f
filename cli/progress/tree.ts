/** The live tree of a run: jobs, steps, elapsed times, errors, undo. Pure: a record and a moment in, lines out. */
import { createColors } from 'picocolors';
import type { StepAddress } from '../../language/ids.js';
import { queueText } from '../../language/queuePlace.js';
import type { Conclusion, JobRecord, ProgressRecord, StepRecord, UndoRecord } from '../../language/record.js';
import { elapsed } from './elapsed.js';
import type { SeenRecord } from '../runs/hostWait.js';
import { gateLines, gateOf, parkedHint, parkedOf, workerOf } from './parked.js';
import { cleanLine, firstLines, fit, spread } from './text.js';

export interface TreeOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Columns; no line is wider. */
  readonly width: number;
  readonly color: boolean;
  /** Which frame of the spinner marks what runs; counts up. */
  readonly spinnerFrame: number;
  /** The last log line of a running step. @default none is shown */
  readonly lastLine?: (step: StepAddress) => string | undefined;
  /** Lines at most: jobs that succeeded, then those that wait, fold to one line, and what is still too much is cut. @default unlimited */
  readonly maxLines?: number;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const ERROR_LINES = 3;
type Colors = ReturnType<typeof createColors>;
interface Look extends TreeOptions { readonly c: Colors }

/** The run as lines of a tree: header, jobs with their steps, and the undo when there is one. */
export function renderTree(record: SeenRecord, options: TreeOptions): string[] {
  const look: Look = { ...options, c: createColors(options.color) };
  const limit = options.maxLines ?? Infinity;
  const whole = assemble(record, look, () => false);
  if (whole.length <= limit) return whole;
  const folded = assemble(record, look, (job) => job.status === 'completed' && job.conclusion !== 'failure');
  if (folded.length <= limit) return folded;
  const smallest = assemble(record, look, (job) => job.status !== 'in_progress' && job.status !== 'waiting' && job.conclusion !== 'failure');
  return smallest.length <= limit ? smallest : [...smallest.slice(0, limit - 1), look.c.dim(fit(`… ${smallest.length - limit + 1} more lines`, options.width))];
}

function assemble(record: SeenRecord, look: Look, folds: (job: JobRecord) => boolean): string[] {
  return [
    header(record, look),
    ...record.jobs.flatMap((job) => jobLines(record, job, look, folds(job))),
    ...(record.error !== undefined && record.jobs.every((job) => job.conclusion !== 'failure') ? errorLines(record.error, '  ', look) : []),
    ...undoLines(record, look),
  ];
}

function header(record: ProgressRecord, look: Look): string {
  const attempt = record.attempt > 1 ? `, attempt ${record.attempt}` : '';
  const says = record.status === 'completed' ? endOf(record)
    : record.status === 'waiting' ? waitsForOf(record) : record.status === 'undoing' ? 'undoing' : '';
  const left = `${mark(record.status === 'waiting' ? 'queued' : record.status === 'completed' ? 'completed' : 'in_progress', record.conclusion, look)} `
    + `${look.c.bold(cleanLine(record.run, false))}${attempt}${says === '' ? '' : `  ${says}`}`;
  return spread(left, look.c.dim(elapsed((record.endedAt ?? look.now) - record.startedAt)), look.width);
}

/** What a run waits for, in a few words. */
function waitsForOf({ jobs, waitsFor = '', queuePlace }: ProgressRecord): string {
  if (jobs.some((job) => parkedOf(job))) return 'a failed step waits for a decision';
  return jobs.some((job) => gateOf(job)) ? 'waits for an environment' : `waits for another run${queuePlace === undefined ? '' : `: ${cleanLine(queueText(waitsFor, queuePlace), false)}`}`;
}

/** How a run ended, in a word or two. */
export function endOf(record: ProgressRecord): string {
  const said: Record<Conclusion, string> = { success: 'done', failure: 'failed', cancelled: 'cancelled', skipped: 'skipped' };
  return `${said[record.conclusion ?? 'success']}${record.undone ? ', undone' : ''}`;
}

function jobLines({ run, hostWaits = [] }: SeenRecord, job: JobRecord, look: Look, folded: boolean): string[] {
  const steps = folded ? [] : job.steps;
  return [
    line(2, job.status, job.conclusion, job.name, timeOf(job, look), look),
    ...steps.flatMap((step) => [...stepLines(step, look), ...(step.status === 'waiting' ? hintLines(run, job, look) : [])]),
    ...hostWaits.filter((wait) => wait.undo === undefined && wait.job === job.key).map((wait) => fit(`      ${look.c.yellow(`Waits for ${workerOf(wait)}`)}`, look.width)),
    ...(folded ? [] : queueLines(job).map((text) => fit(`      ${look.c.yellow(text)}`, look.width))),
    ...(folded ? [] : gateLines(run, job).map((text) => fit(`      ${look.c.yellow(text)}`, look.width))),
    ...(!folded && job.error !== undefined && job.steps.every((step) => step.error === undefined) ? errorLines(job.error, '      ', look) : []),
  ];
}

function queueLines({ waitsFor, queuePlace }: JobRecord): string[] {
  return waitsFor === undefined || queuePlace === undefined ? [] : [`Waits: ${cleanLine(queueText(waitsFor, queuePlace), false)}`];
}

function hintLines(run: string, job: JobRecord, look: Look): string[] {
  const wait = parkedOf(job);
  return wait === undefined ? [] : parkedHint(run, wait, look.now).map((text) => fit(`        ${look.c.yellow(text)}`, look.width));
}

function stepLines(step: StepRecord, look: Look): string[] {
  const lines = [line(4, step.status, step.outcome ?? step.conclusion, step.name, timeOf(step, look), look)];
  const running = step.status === 'in_progress' ? look.lastLine?.(step.address) : undefined;
  if (running !== undefined && running.trim() !== '') lines.push(fit(`        ${look.c.dim(cleanLine(running, false))}`, look.width));
  if (step.error !== undefined) lines.push(...errorLines(step.error, '        ', look));
  return lines;
}

function undoLines(record: SeenRecord, look: Look): string[] {
  const begun = record.status === 'undoing' || record.undos.some((undo) => undo.status !== 'queued');
  if (!begun || record.undos.length === 0) return [];
  const lastFirst = [...record.undos].reverse();
  return [`  ${look.c.bold('Undo')}`, ...lastFirst.flatMap((undo) => undoLine(undo, record, look))];
}

function undoLine(undo: UndoRecord, { hostWaits = [] }: SeenRecord, look: Look): string[] {
  const waits = hostWaits.filter((wait) => undo.status === 'in_progress' && wait.undo === undo.address && wait.job === undo.job);
  return [
    line(4, undo.status, undo.conclusion, undo.name, '', look),
    ...waits.map((wait) => fit(`        ${look.c.yellow(`Waits for ${workerOf(wait)}`)}`, look.width)),
    ...undo.left.map((thing) => fit(`        ${look.c.yellow(`left: ${firstLines(thing, 1, false).join('')}`)}`, look.width)),
    ...(undo.error === undefined ? [] : errorLines(undo.error, '        ', look)),
  ];
}

function errorLines(error: string, indent: string, look: Look): string[] {
  return firstLines(error, ERROR_LINES, look.color).map((text) => fit(`${indent}${look.c.red(text)}`, look.width));
}

function line(indent: number, status: StepRecord['status'], conclusion: Conclusion | undefined, name: string, time: string, look: Look): string {
  const quiet = status === 'queued' || conclusion === 'skipped';
  const text = cleanLine(name, false);
  return spread(`${' '.repeat(indent)}${mark(status, conclusion, look)} ${quiet ? look.c.dim(text) : text}`, time === '' ? '' : look.c.dim(time), look.width);
}

function mark(status: StepRecord['status'], conclusion: Conclusion | undefined, { c, spinnerFrame }: Look): string {
  if (status === 'queued') return c.dim('·');
  if (status === 'waiting') return c.yellow('‖');
  if (status === 'in_progress') return c.cyan(SPINNER[spinnerFrame % SPINNER.length] ?? '*');
  if (conclusion === 'failure') return c.red('✗');
  if (conclusion === 'cancelled') return c.yellow('■');
  if (conclusion === 'skipped') return c.dim('–');
  return c.green('✓');
}

function timeOf(thing: { readonly startedAt?: number; readonly endedAt?: number; readonly conclusion?: Conclusion }, look: Look): string {
  if (thing.startedAt === undefined || thing.conclusion === 'skipped') return '';
  return elapsed((thing.endedAt ?? look.now) - thing.startedAt);
}
