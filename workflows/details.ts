/** The run as markdown, for the Current Details of the Temporal UI. Pure. */
import type { Conclusion, ProgressRecord, Status } from '../language/record.js';

const MARKS: Record<Conclusion | Exclude<Status, 'completed'>, string> = {
  success: '✓',
  failure: '✗',
  cancelled: '⊘',
  skipped: '–',
  in_progress: '●',
  queued: '○',
};

/** Longest table: more steps than this are left to the jobs' own pages. */
const MOST_ROWS = 200;

export function describeProgress(record: ProgressRecord): string {
  const lines = [`**${cell(record.name ?? record.file)}** · attempt ${record.attempt} · ${headline(record)}`, '', '| job | step | state | time |', '|---|---|---|---|'];
  for (const job of record.jobs) {
    lines.push(`| **${cell(job.name)}** | | ${job.waitsFor === undefined ? state(job.status, job.conclusion) : `○ waiting for ${cell(job.waitsFor)}`} | ${time(job)} |`);
    for (const step of job.steps) lines.push(`| | ${cell(step.name)} | ${state(step.status, step.conclusion)} | ${time(step)} |`);
  }
  for (const undo of record.undos.filter(({ status }) => status !== 'queued')) {
    lines.push(`| undo | ${cell(undo.name)} | ${state(undo.status, undo.conclusion)} | |`);
  }
  const shown = lines.length > MOST_ROWS ? [...lines.slice(0, MOST_ROWS), '| … | | | |'] : lines;
  const error = record.error ?? record.jobs.flatMap((job) => job.steps).find((step) => step.conclusion === 'failure')?.error;
  return [...shown, ...(error ? ['', '```', error.slice(-1500), '```'] : [])].join('\n');
}

function headline(record: ProgressRecord): string {
  if (record.status === 'waiting') return `waiting for ${record.waitsFor ?? 'its turn'}`;
  if (record.status !== 'completed') return record.status.replace('_', ' ');
  return record.undone ? `${record.conclusion}, undone` : (record.conclusion ?? 'completed');
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
