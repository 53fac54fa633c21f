/**
 * A run as one HTML page that needs nothing beside it. Pure: what it shows is read before.
 *
 * 1. Text of the run (names, logs, values, errors) is escaped where it is put in; Markdown alone becomes markup, sanitized.
 * 2. The page may run its own script and nothing else, and fetch nothing: its Content-Security-Policy says so to the browser.
 */
import { createHash } from 'node:crypto';
import type { StoredAnnotation } from '../../infra/log/store.js';
import type { StepAddress } from '../../language/ids.js';
import type { Plan } from '../../language/plan.js';
import { queueText } from '../../language/queuePlace.js';
import type { JobRecord, ProgressRecord, StepRecord } from '../../language/record.js';
import { graphOf } from '../graph/graph.js';
import { svg } from '../graph/svg.js';
import { escapeHtml } from '../html.js';
import { worstFirst } from '../log/annotations.js';
import { elapsed } from '../progress/elapsed.js';
import { cleanLine } from '../progress/text.js';
import type { Said } from '../runs/whole.js';
import { MARKS, stateOfThing, WORDS } from '../states.js';
import { tablesOf, type Row } from '../tables.js';
import { gantt, type Try } from './gantt.js';
import { logHtml } from './logHtml.js';
import { markdownHtml } from './markdown.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

export interface PageInput {
  readonly record: ProgressRecord;
  /** Of earlier attempts, the oldest first. */
  readonly earlier: readonly ProgressRecord[];
  /** Absent where the run never had one: there is no graph then. */
  readonly plan?: Plan;
  readonly said: Said;
  /** The part of a step's log that is shown, and the bytes that are not. Undefined where it has none. */
  readonly log: (job: string, step: StepAddress) => { readonly bytes: Buffer; readonly left: number } | undefined;
  /** The Temporal UI's page. */
  readonly url?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The name of a step is unique within a job; its element's id in the page. */
type Ids = (job: string, address: string) => string | undefined;

export function pageHtml(input: PageInput): string {
  const { record } = input;
  const ids = stepIds(record);
  const title = `${record.name === undefined ? '' : `${record.name}: `}${record.run}`;
  const sections = [graphSection(input), tableSection(record), annotationSection(input.said.annotations, record, ids), summarySection(input.said, record), timeSection(input, ids), stepSection(input, ids), undoSection(record)];
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src '${sourceHash(SCRIPT)}'; base-uri 'none'; form-action 'none'">`,
    `<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer"><title>${text(title)}</title><style>${STYLE}</style></head><body>`,
    '<a class="skip" href="#steps">To the steps</a>',
    header(input, ids), '<main>', ...sections, '</main>', `<script>${SCRIPT}</script></body></html>`,
  ].join('\n');
}

function sourceHash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}

/** One line of foreign text. */
const text = (line: string): string => escapeHtml(cleanLine(line, false));
const when = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

function header({ record, url, now }: PageInput, ids: Ids): string {
  const { run, name, file, inputs, attempt, startedAt, endedAt, status, conclusion, undone, error } = record;
  const state = status === 'completed' ? conclusion ?? 'success' : status === 'waiting' ? 'waiting' : 'in_progress';
  const word = status === 'completed' ? `${WORDS[state]}${undone ? ', undone' : ''}` : status.replace('_', ' ');
  const given = Object.entries(inputs).filter(([, value]) => value !== '');
  return [
    `<header><h1>${text(name ?? run)}</h1><p><span class="badge ${state}">${MARKS[state]} ${word}</span> ${name === undefined ? '' : `${text(run)} · `}${text(file)} · attempt ${attempt} · ${elapsed((endedAt ?? now) - startedAt)}</p>`,
    `<p class="soft">Started ${when(startedAt)}${endedAt === undefined ? `; this is how it stood at ${when(now)}` : ''}${url === undefined ? '' : ` · <a href="${escapeHtml(url)}" rel="noopener noreferrer">Temporal UI</a>`}</p>`,
    error === undefined ? '' : `<pre class="why">${escapeHtml(error)}</pre>`,
    whyHtml(record, ids),
    given.length === 0 ? '' : `<details><summary>Inputs</summary><div class="scroll">${table(given.map(([input, value]) => ({ input, value })))}</div></details>`,
    '</header>',
  ].join('\n');
}

/** What failed, and what waits for a person or for its turn, before all else. */
function whyHtml({ jobs, status, waitsFor, queuePlace }: ProgressRecord, ids: Ids): string {
  const lines = jobs.flatMap((job) => [
    ...job.steps.filter(({ status: how, conclusion }) => how === 'waiting' || conclusion === 'failure').map((step) => {
      const id = ids(job.key, step.address);
      const why = step.error === undefined ? '' : `: ${text(step.error.trim().split('\n', 1)[0]!)}`;
      return `<a href="#${id}">${text(`${job.name} › ${step.name}`)}</a> failed${step.status === 'waiting' ? ', and waits for a decision' : ''}${why}`;
    }),
    ...(job.waiting?.kind === 'gate' ? [`${text(job.name)} waits for the environment ${text(job.waiting.environment)}${job.waiting.reviewers.length === 0 ? '' : `: ${text(job.waiting.reviewers.join(' or '))} decides`}`] : []),
  ]);
  const queue = status === 'waiting' && waitsFor !== undefined && queuePlace !== undefined && lines.length === 0 ? [text(`It is ${queueText(waitsFor, queuePlace)}`)] : [];
  return lines.length + queue.length === 0 ? '' : `<ul class="whys">${[...lines, ...queue].map((line) => `<li>${line}</li>`).join('')}</ul>`;
}

function graphSection({ plan, record }: PageInput): string {
  if (plan === undefined || plan.jobs.length === 0) return '';
  const href = (key: string): string | undefined => { const id = jobId(record, key); return id === undefined ? undefined : `#${id}`; };
  return `<section aria-labelledby="h-jobs"><h2 id="h-jobs">Jobs</h2><div class="scroll" tabindex="0">${svg(graphOf(plan, record), { href })}</div></section>`;
}

function tableSection(record: ProgressRecord): string {
  if (record.undone) return '';
  return tablesOf(record).map(({ title, rows, name }) => `<section><h2>${text(title)}</h2><div class="scroll" tabindex="0">${table(rows, name === 'endpoints')}</div></section>`).join('\n');
}

/** @param links whether cells that are addresses are links */
function table(rows: readonly Row[], links = false): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value: unknown): string => {
    const shown = text(value === undefined || value === null ? '' : String(value));
    return links && /^https?:\/\/[\w.:[\]-]+\/?$/.test(String(value)) ? `<a href="${shown}" rel="noopener noreferrer">${shown}</a>` : shown;
  };
  return `<table><thead><tr>${columns.map((column) => `<th scope="col">${text(column)}</th>`).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${columns.map((column) => `<td>${cell(row[column])}</td>`).join('')}</tr>`).join('')}</tbody></table>`;
}

function annotationSection(annotations: readonly StoredAnnotation[], record: ProgressRecord, ids: Ids): string {
  if (annotations.length === 0) return '';
  const shown = worstFirst(annotations).map(({ level, title, message, file, line, job, step, times }) => {
    const id = ids(job, step);
    const place = file === undefined ? '' : ` <code>${text(line === undefined ? file : `${file}:${line}`)}</code>`;
    const from = id === undefined ? text(nameOf(record, job, step)) : `<a href="#${id}">${text(nameOf(record, job, step))}</a>`;
    const again = times === 1 ? '' : ` · ${times} times`;
    return `<div class="annotation ${level}"><strong>${level}</strong>${title === undefined ? '' : ` ${text(title)}`}${place} <span class="soft">${from}${again}</span><p>${escapeHtml(message)}</p></div>`;
  });
  return `<section><h2>Annotations</h2>${shown.join('')}</section>`;
}

function summarySection({ summaries }: Said, record: ProgressRecord): string {
  if (summaries.length === 0) return '';
  return `<section><h2>Summaries</h2>${summaries.map(({ job, step, markdown }) => `<h3>${text(nameOf(record, job, step))}</h3><div class="summary">${markdownHtml(markdown)}</div>`).join('')}</section>`;
}

/** `Build the packages › Compile`. */
function nameOf({ jobs }: ProgressRecord, key: string, address: string): string {
  const job = jobs.find((one) => one.key === key);
  return `${job?.name ?? key} › ${job?.steps.find((step) => step.address === address)?.name ?? address}`;
}

function timeSection({ record, earlier, now, log }: PageInput, ids: Ids): string {
  const tries = (job: string, step: StepRecord): readonly Try[] => triesIn(log(job, step.address)?.bytes, step);
  const charts = [...earlier, record].map((attempt) => ({ attempt: attempt.attempt, chart: gantt(attempt, { now, tries, target: (job, step) => (step === undefined ? jobId(record, job) : ids(job, step.address)) }) })).filter(({ chart }) => chart !== '');
  if (charts.length === 0) return '';
  return `<section><h2>Time</h2>${charts.map(({ attempt, chart }) => `${charts.length > 1 ? `<h3>Attempt ${attempt}</h3>` : ''}${chart}`).join('')}</section>`;
}

/** What we write ourselves when a step is begun again: `2030-01-02T10:00:00.000Z try 2 of 3`. */
function triesIn(bytes: Buffer | undefined, { startedAt = 0, endedAt = Infinity }: StepRecord): readonly Try[] {
  if (bytes === undefined) return [];
  return [...bytes.toString('utf8').matchAll(/^(\d{4}-\d\d-\d\dT[\d:.]+Z) (?:try|attempt) (\d{1,4})(?: of \d+)?$/gm)]
    .map(([, at = '', number]) => ({ at: Date.parse(at), number: Number(number) })).filter(({ at }) => at >= startedAt && at <= endedAt);
}

function stepSection({ record, log }: PageInput, ids: Ids): string {
  const bar = '<div class="bar" role="search"><input id="search" type="search" aria-label="Search in all logs" placeholder="Search logs"><span id="found" role="status"></span><button id="open" type="button">Open all</button><button id="close" type="button">Close all</button></div>';
  const keys = '<p class="soft keys">Keys: <kbd>/</kbd> search, <kbd>Enter</kbd> next hit, <kbd>j</kbd> <kbd>k</kbd> next and previous step, <kbd>f</kbd> next that failed.</p>';
  return `<section id="steps" tabindex="-1"><h2>Steps</h2>${bar}${keys}${record.jobs.map((job) => jobHtml(job, jobId(record, job.key)!, log, ids)).join('\n')}</section>`;
}

function jobHtml(job: JobRecord, id: string, log: PageInput['log'], ids: Ids): string {
  const state = stateOfThing(job);
  const why = job.error === undefined ? '' : `<pre class="why">${escapeHtml(job.error)}</pre>`;
  return `<h3 id="${id}"><span class="${state}" title="${WORDS[state]}">${MARKS[state]}</span> ${text(job.name)} <span class="time">${timeOf(job)}</span></h3>${why}${job.steps.map((step) => stepHtml(step, ids(job.key, step.address)!, log(job.key, step.address))).join('\n')}`;
}

function stepHtml(step: StepRecord, id: string, log: ReturnType<PageInput['log']>): string {
  const state = stateOfThing(step);
  const why = step.error === undefined ? '' : `<pre class="why">${escapeHtml(step.error)}</pre>`;
  const printed = log === undefined || log.bytes.length === 0 ? `<p class="none">It ${step.status === 'queued' || state === 'skipped' ? 'did not run' : 'printed nothing'}.</p>` : `<div class="log">${logHtml(log.bytes, { left: log.left })}</div>`;
  return `<details class="step ${state}" id="${id}"${state === 'failure' ? ' open' : ''}><summary><span class="${state}" title="${WORDS[state]}">${MARKS[state]}</span><span class="name">${text(step.name)}</span><span class="addr">${text(step.address)}</span><span class="time">${timeOf(step)}</span></summary>${why}${printed}</details>`;
}

function timeOf({ startedAt, endedAt, conclusion }: { readonly startedAt?: number; readonly endedAt?: number; readonly conclusion?: string }): string {
  return startedAt === undefined || endedAt === undefined || conclusion === 'skipped' ? '' : elapsed(endedAt - startedAt);
}

function undoSection({ undos }: ProgressRecord): string {
  const begun = undos.filter(({ status }) => status !== 'queued');
  if (begun.length === 0) return '';
  return `<section><h2>Undo</h2><div class="scroll">${table(begun.toReversed().map(({ name, address, conclusion, status, left, error = '' }) => ({ step: address, undo: name, state: conclusion ?? status, left: left.join('; '), error })))}</div></section>`;
}

function jobId({ jobs }: ProgressRecord, key: string): string | undefined {
  const at = jobs.findIndex((job) => job.key === key);
  return at < 0 ? undefined : `j${at + 1}`;
}

function stepIds(record: ProgressRecord): Ids {
  const ids = new Map<string, string>();
  for (const { key, steps } of record.jobs) for (const { address } of steps) ids.set(`${key}\n${address}`, `s${ids.size + 1}`);
  return (job, address) => ids.get(`${job}\n${address}`);
}
