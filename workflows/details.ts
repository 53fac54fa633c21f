/** The run as markdown, for the Current Details of the Temporal UI. Pure. */
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

export function describeProgress(record: ProgressRecord): string {
  const lines = [`**${cell(record.name ?? record.file)}** · attempt ${record.attempt} · ${headline(record)}`, '', '| job | step | state | time |', '|---|---|---|---|'];
  for (const job of record.jobs) {
    lines.push(`| **${cell(job.name)}** | ${gateText(job)} | ${jobState(job)} | ${time(job)} |`);
    for (const step of job.steps) lines.push(`| | ${cell(step.name)} | ${stepState(step)} | ${time(step)} |`);
  }
  for (const undo of record.undos.filter(({ status }) => status !== 'queued')) {
    lines.push(`| undo | ${cell(undo.name)} | ${state(undo.status, undo.conclusion)} | |`);
  }
  const shown = lines.length > MOST_ROWS ? [...lines.slice(0, MOST_ROWS), '| … | | | |'] : lines;
  const error = record.error ?? record.jobs.flatMap((job) => job.steps).find((step) => step.conclusion === 'failure' || step.status === 'waiting')?.error;
  return [...shown, ...(error ? ['', '```', error.slice(-1500), '```'] : [])].join('\n');
}

function headline(record: ProgressRecord): string {
  const parked = record.jobs.filter(({ waiting }) => waiting?.kind === 'parked').length;
  if (parked > 0) return `${parked === 1 ? 'a failed step waits' : `${parked} failed steps wait`} for a person: retry, skip, undo or cancel`;
  const gates = [...new Set(record.jobs.flatMap(({ waiting }) => (waiting?.kind === 'gate' ? [waiting.environment] : [])))];
  if (gates.length > 0) return `waiting for the environment ${gates.map(cell).join(', ')}`;
  if (record.status === 'waiting') return `waiting for ${record.waitsFor ?? 'its turn'}`;
  if (record.status !== 'completed') return record.status.replace('_', ' ');
  return record.undone ? `${record.conclusion}, undone` : (record.conclusion ?? 'completed');
}

function jobState({ status, conclusion, waitsFor, waiting }: JobRecord): string {
  if (waitsFor !== undefined) return `○ waiting for ${cell(waitsFor)}`;
  if (waiting === undefined) return state(status, conclusion);
  const forWhom = waiting.kind === 'gate' && waiting.reviewers.length > 0 ? ` for ${cell(waiting.reviewers.join(', '))} to approve ${cell(waiting.environment)}` : '';
  const until = waiting.until === undefined ? '' : ` until ${new Date(waiting.until).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `${MARKS.waiting} waiting${forWhom}${until}`;
}

/** Who let it through, or did not, and why. */
function gateText({ gate }: JobRecord): string {
  return gate === undefined ? '' : cell(`${gate.environment} ${gate.verdict} by ${gate.by}${gate.comment === undefined ? '' : `: ${gate.comment}`}`);
}

function stepState({ status, conclusion, tries }: StepRecord): string {
  const word = status === 'waiting' ? '✗ failed, waiting' : state(status, conclusion);
  return tries === undefined ? word : `${word} (try ${tries})`;
}

function state(status: Status, conclusion: Conclusion | undefined): string {
  const word = status === 'completed' ? (conclusion ?? 'success') : status;
  return `${MARKS[word]} ${word.replace('_', ' ')}`;
}

/** Whole times of what has ended; what runs has none, so that the text changes only when the run does. */
function time({ startedAt, endedAt }: { readonly startedAt?: number; readonly endedAt?: number }): string {
  return startedAt === undefined || endedAt === undefined ? '' : `${((endedAt - startedAt) / 1000).toFixed(1)} s`;
}

function cell(text: string): string {
  return text.replace(/[|\r\n]+/g, ' ');
}
