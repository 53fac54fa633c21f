/**
 * A run, or one of its jobs, as markdown, for the Current Details of the Temporal UI: what failed first, where its box shows it without scrolling, then a table
 * of what it has done. Pure.
 *
 * 1. Names and errors are text: no character of theirs is markdown.
 * 2. What runs has the time at which it began and no elapsed one: the text changes only when the run does.
 */
import { queueText } from '../language/queuePlace.js';
import type { Conclusion, JobRecord, ProgressRecord, Status, StepRecord } from '../language/record.js';

const MARKS: Record<Conclusion | Exclude<Status, 'completed'>, string> = {
  success: '✓',
  failure: '✗',
  cancelled: '⊘',
  skipped: '–',
  in_progress: '●',
  waiting: '‖',
  queued: '○',
};

/** Longest table: more steps than this are left to the jobs' own pages. */
const MOST_ROWS = 200;
/** Of the errors that stand above the table. */
const MOST_ERRORS = 5;
const LONGEST_LINE = 160;
const LONGEST_ERROR = 1500;

export function describeProgress(record: ProgressRecord): string {
  const title = `**${cell(record.name ?? fileName(record.file))}** · ${headline(record)}${record.attempt > 1 ? ` · attempt ${record.attempt}` : ''}${took(record)}`;
  const undos = record.undos.filter(({ status }) => status !== 'queued').map((undo): Row => () => `| undo | ${cell(undo.name)} | ${state(undo)} | |`);
  const rows = record.jobs.flatMap((job): Row[] => [() => jobRow(job), ...job.steps.map((step): Row => () => stepRow(step))]);
  return described(title, failures(record.jobs, record.error), ['job', 'step', 'state', 'time'], [...rows, ...undos]);
}

export function describeJob(job: JobRecord): string {
  const title = `**${cell(job.name)}** · ${jobState(job)}${took(job)}`;
  return described(title, failures([job], undefined), ['step', 'state', 'time'], job.steps.map((step): Row => () => stepRow(step).slice(2)));
}

type Row = () => string;
interface Failure { readonly line: string; readonly error: string }

/** A row is written only where it is shown: a job may have thousands. */
function described(title: string, failed: readonly Failure[], columns: readonly string[], rows: readonly Row[]): string {
  const shown = rows.length > MOST_ROWS ? [...rows.slice(0, MOST_ROWS), (): string => `| … ${rows.length - MOST_ROWS} more |${' |'.repeat(columns.length - 1)}`] : rows;
  const table = rows.length === 0 ? [] : ['', `| ${columns.join(' | ')} |`, `|${'---|'.repeat(columns.length)}`, ...shown.map((row) => row())];
  const more = failed.length > MOST_ERRORS ? [`- and ${failed.length - MOST_ERRORS} more`] : [];
  const whole = failed[0] !== undefined && failed[0].error.trim().includes('\n') ? ['', '```', failed[0].error.slice(-LONGEST_ERROR).replaceAll('```', "'''"), '```'] : [];
  return [title, ...(failed.length === 0 ? [] : ['', ...failed.slice(0, MOST_ERRORS).map(({ line }) => `- ${line}`), ...more]), ...table, ...whole].join('\n');
}

/** What failed, each with the first line of why; the run's own error where nothing of it did. */
function failures(jobs: readonly JobRecord[], error: string | undefined): readonly Failure[] {
  const failed = jobs.flatMap((job) => {
    const steps = job.steps.filter(({ status, conclusion }) => status === 'waiting' || conclusion === 'failure').map((step): Failure => failure(`${cell(job.name)} › ${cell(step.name)}`, step.error));
    return steps.length > 0 || job.conclusion !== 'failure' || job.error === undefined ? steps : [failure(cell(job.name), job.error)];
  });
  return failed.length > 0 || error === undefined ? failed : [failure('The run', error)];
}

function failure(where: string, error = 'no reason was given'): Failure {
  return { line: `✗ **${where}**: ${cell(firstLine(error))}`, error };
}

function jobRow(job: JobRecord): string {
  return `| **${cell(job.name)}** | ${gateText(job)} | ${jobState(job)} | ${time(job)} |`;
}

function stepRow(step: StepRecord): string {
  const why = (step.conclusion === 'failure' || step.status === 'waiting') && step.error !== undefined ? `: ${cell(firstLine(step.error))}` : '';
  return `| | ${cell(step.name)} | ${stepState(step)}${why} | ${time(step)} |`;
}

function headline(record: ProgressRecord): string {
  const parked = record.jobs.filter(({ waiting }) => waiting?.kind === 'parked').length;
  if (parked > 0) return `${parked === 1 ? 'a failed step waits' : `${parked} failed steps wait`} for a person: retry, skip, undo or cancel`;
  const gates = [...new Set(record.jobs.flatMap(({ waiting }) => (waiting?.kind === 'gate' ? [waiting.environment] : [])))];
  if (gates.length > 0) return `waiting for the environment ${gates.map(cell).join(', ')}`;
  if (record.status === 'waiting') return `waiting: ${cell(queueText(record.waitsFor ?? '', record.queuePlace ?? 1))}`;
  if (record.status !== 'completed') return record.status.replace('_', ' ');
  return record.undone ? `${record.conclusion}, undone` : (record.conclusion ?? 'completed');
}

function jobState(job: JobRecord): string {
  const { waitsFor, queuePlace = 1, waiting } = job;
  if (waitsFor !== undefined) return `○ waiting: ${cell(queueText(waitsFor, queuePlace))}`;
  if (waiting === undefined) return state(job);
  const forWhom = waiting.kind === 'gate' && waiting.reviewers.length > 0 ? ` for ${cell(waiting.reviewers.join(', '))} to approve ${cell(waiting.environment)}` : '';
  const until = waiting.until === undefined ? '' : ` until ${new Date(waiting.until).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `${MARKS.waiting} waiting${forWhom}${until}`;
}

/** Who let it through, or did not, and why. */
function gateText({ gate }: JobRecord): string {
  return gate === undefined ? '' : cell(`${gate.environment} ${gate.verdict} by ${gate.by}${gate.comment === undefined ? '' : `: ${gate.comment}`}`);
}

function stepState(step: StepRecord): string {
  const word = step.status === 'waiting' ? '✗ failed, waiting' : state(step);
  return step.tries === undefined ? word : `${word} (try ${step.tries})`;
}

function state({ status, conclusion }: { readonly status: Status; readonly conclusion?: Conclusion }): string {
  const word = status === 'completed' ? (conclusion ?? 'success') : status;
  return `${MARKS[word]} ${word.replace('_', ' ')}`;
}

interface Timed { readonly status: string; readonly conclusion?: Conclusion; readonly startedAt?: number; readonly endedAt?: number }

function time({ status, conclusion, startedAt, endedAt }: Timed): string {
  if (startedAt === undefined || conclusion === 'skipped') return '';
  if (endedAt !== undefined) return `${((endedAt - startedAt) / 1000).toFixed(1)} s`;
  return status === 'in_progress' ? `since ${new Date(startedAt).toISOString().slice(11, 19)} UTC` : '';
}

function took(timed: Timed): string {
  return timed.endedAt === undefined ? '' : ` · ${time(timed)}`;
}

function fileName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE - 1)}…` : line;
}

/** Foreign text in a table's cell. */
function cell(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_[\]<>|~#!]/g, '\\$&');
}
