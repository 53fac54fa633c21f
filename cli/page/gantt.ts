/** When the steps of one attempt ran, as bars on a line of time. Pure. */
import type { JobRecord, ProgressRecord, StepRecord } from '../../language/record.js';
import { escapeHtml } from '../html.js';
import { clock, elapsed } from '../progress/elapsed.js';
import { cleanLine } from '../progress/text.js';
import { MARKS, type State, stateOfThing, WORDS } from '../states.js';

export interface GanttOptions {
  /** The end of what still runs, in milliseconds since the epoch. */
  readonly now: number;
  /** The id of the element that a bar leads to. @param step absent for the job itself */
  readonly target: (job: string, step?: StepRecord) => string | undefined;
  /** When a step was begun again, and as which try. @default never */
  readonly tries?: (job: string, step: StepRecord) => readonly Try[];
}
export interface Try { readonly at: number; readonly number: number }

interface Bar { readonly job: string; readonly step?: StepRecord; readonly name: string; readonly state: State; readonly from: number; readonly to: number }
type Timed = Pick<StepRecord, 'startedAt' | 'endedAt' | 'conclusion'>;

/** With more steps the jobs are shown, and the steps unfold below them. */
const MOST_STEPS = 60;

const TICKS = 5;
const NICE_SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** Empty where no step of the attempt has begun. */
export function gantt(record: ProgressRecord, options: GanttOptions): string {
  const { jobs, startedAt: since } = record;
  const ran = (thing: Timed): boolean => thing.startedAt !== undefined && thing.startedAt >= since && thing.conclusion !== 'skipped'; // what an earlier attempt did is not of this one
  const bar = (job: JobRecord, thing: JobRecord | StepRecord): Omit<Bar, 'step'> => ({ job: job.key, name: thing.name, state: stateOfThing(thing), from: thing.startedAt ?? since, to: thing.endedAt ?? options.now });
  const steps = namedApart(jobs.flatMap((job): Bar[] => job.steps.filter(ran).map((step) => ({ ...bar(job, step), step }))));
  if (steps.length === 0) return '';
  if (steps.length <= MOST_STEPS) return chart(steps, record, options);
  return `${chart(jobs.filter(ran).map((job) => bar(job, job)), record, options)}<details><summary>All ${steps.length} steps</summary>${chart(steps, record, options)}</details>`;
}

/** Steps of one name have their job's behind it. */
function namedApart(bars: readonly Bar[]): readonly Bar[] {
  const counts = new Map<string, number>();
  for (const { name } of bars) counts.set(name, (counts.get(name) ?? 0) + 1);
  return bars.map((bar) => (counts.get(bar.name) === 1 ? bar : { ...bar, name: `${bar.name}, ${bar.job}` }));
}

function chart(bars: readonly Bar[], { startedAt, endedAt }: ProgressRecord, options: GanttOptions): string {
  const end = Math.max(endedAt ?? 0, ...bars.map(({ to }) => to));
  const span = Math.max(1, end - startedAt);
  const at = (time: number): string => `${(Math.min(1, Math.max(0, (time - startedAt) / span)) * 100).toFixed(2)}%`;
  const ticks = tickTimes(span).map((offset) => `<span class="tick" style="left:${at(startedAt + offset)}">${elapsed(offset)}</span>`).join('');
  return `<div class="gantt" role="list"><div class="axis" aria-hidden="true"><span></span><div>${ticks}</div></div>${bars.map((bar) => row(bar, at, options)).join('')}</div>`;
}

function row({ job, step, name, state, from, to }: Bar, at: (time: number) => string, { target, tries }: GanttOptions): string {
  const again = (step && tries?.(job, step)) ?? [];
  const marks = again.map(({ at: time, number }) => `<i style="left:${at(time)}" title="try ${number}"></i>`).join('');
  const label = cleanLine(`${name}${step && !name.endsWith(`, ${job}`) ? `, ${job}` : ''}: ${WORDS[state]}, ${elapsed(to - from)} from ${clock(from)}${again.length > 0 ? `, ${again.at(-1)!.number} tries` : ''}`, false);
  const id = target(job, step);
  const bar = `<b class="${state}" style="left:${at(from)};right:calc(100% - ${at(to)})"></b>${marks}`;
  const inner = `<span class="label"><span class="mark ${state}">${MARKS[state]}</span> ${escapeHtml(cleanLine(name, false))}</span><div class="track">${bar}</div>`;
  return `<a role="listitem" class="row"${id === undefined ? '' : ` href="#${escapeHtml(id)}"`} aria-label="${escapeHtml(label)}" title="${escapeHtml(label)}">${inner}</a>`;
}

/** Round offsets from 0, in milliseconds. */
export function tickTimes(span: number): readonly number[] {
  const every = (NICE_SECONDS.find((seconds) => (span / 1000) / seconds <= TICKS) ?? Math.ceil(span / 1000 / TICKS / 86_400) * 86_400) * 1000;
  return Array.from({ length: Math.floor(span / every) + 1 }, (_, index) => index * every);
}
