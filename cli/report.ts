/** What is printed when a run has ended: tables, errors, the link and the next commands. Pure. */
import { shellWord } from '../infra/errors.js';
import type { StepAddress } from '../language/ids.js';
import type { JobRecord, ProgressRecord, StepRecord } from '../language/record.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { placeOf } from './progress/place.js';
import { cleanLine, firstLines } from './progress/text.js';
import { endOf } from './progress/tree.js';
import { exitCodeOfEnd, type RunEnd } from './runs/outcome.js';
import { formatTable, type Row, type Table, tablesOf, thingsOf } from './tables.js';

export interface ReportContext {
  /** The Temporal UI's page of the run, when the server has a UI that we know. */
  readonly url?: string;
  /** The last lines that a step printed. @default none are known */
  readonly tail?: (job: string, step: StepAddress) => readonly string[];
}

export interface Report {
  readonly exitCode: ExitCode;
  /** For stdout. */
  readonly data: readonly string[];
  /** For stderr. */
  readonly notes: readonly string[];
}

/** The Temporal UI's page of a run. */
export function runUrl(uiUrl: string, namespace: string, id: string): string {
  return `${uiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(id)}`;
}

/** The report of a run's end, for a person. */
export function reportEnd(end: RunEnd, { url, tail }: ReportContext): Report {
  const exitCode = exitCodeOfEnd(end);
  return {
    exitCode,
    data: tableLines(end),
    notes: [...whyLines(end, tail), ...leftLines(end), ...changeLines(end), ...(url === undefined ? [] : [`Temporal UI: ${url}`]), ...nextLines(end, exitCode)],
  };
}

/** The same as one JSON value (`--json`): keys `run`, `conclusion`, `undone`, `exitCode`, `error`, `url`, `jobs` (each with its steps), `changed` (addresses of steps), `removed`, `left`, and a key for each table. */
export function reportJson(end: RunEnd, { url }: ReportContext): string {
  const record = end.record;
  const tables: Record<string, readonly Row[]> = Object.fromEntries(tablesNow(end).map(({ name, rows }) => [name, rows]));
  return JSON.stringify({
    run: end.id,
    conclusion: record?.conclusion ?? end.status.toLowerCase(),
    undone: record?.undone ?? false,
    exitCode: exitCodeOfEnd(end),
    error: record?.error ?? end.failure?.message ?? null,
    url: url ?? null,
    jobs: record === undefined ? [] : record.jobs.map(jobJson),
    changed: record === undefined ? [] : changedSteps(record),
    removed: record === undefined ? [] : thingsOf(record, 'removed'),
    left: record === undefined ? [] : thingsOf(record, 'left'),
    ...tables,
  }, undefined, 2);
}

function jobJson({ key, name, conclusion, result, outputs, steps, error }: JobRecord): unknown {
  return {
    key, name, result: result ?? conclusion ?? null, conclusion: conclusion ?? null, outputs, error: error ?? null,
    steps: steps.map((step) => ({ address: step.address, name: step.name, outcome: step.outcome ?? null, conclusion: step.conclusion ?? null, outputs: step.outputs, error: step.error ?? null })),
  };
}

/** What an undone run's steps told of is not there any more. */
function tablesNow({ record }: RunEnd): readonly Table[] {
  return record === undefined || record.undone || undonePart(record).length > 0 ? [] : tablesOf(record);
}

/** The names of what was undone of a run of which the rest is there. */
function undonePart({ undone, undos }: ProgressRecord): readonly string[] {
  return undone ? [] : undos.filter(({ conclusion }) => conclusion === 'success').map(({ address, name }) => `${address} ${cleanLine(name, false)}`);
}

function tableLines(end: RunEnd): string[] {
  const record = end.record;
  if (record === undefined) return [];
  const removed = thingsOf(record, 'removed');
  return [
    ...tablesNow(end).flatMap(({ title, rows }) => [`${title}:`, ...formatTable(rows), '']),
    ...(removed.length === 0 ? [] : ['Removed:', ...removed.map((thing) => `  ${cleanLine(thing, false)}`), '']),
  ];
}

/** The failing step's address and its error; for an invalid run its diagnostics. */
function whyLines(end: RunEnd, tail: ReportContext['tail']): string[] {
  const record = end.record;
  if (record?.conclusion === 'success') return [];
  const told = record?.jobs.flatMap((job) => job.steps.filter((step) => step.conclusion === 'failure').flatMap((step) => stepWhy(placeOf(job, step), step, tail?.(job.key, step.address) ?? []))) ?? [];
  if (told.length > 0) return told;
  const jobs = record?.jobs.filter((job) => job.conclusion === 'failure' && job.error !== undefined) ?? [];
  if (jobs.length > 0) return jobs.flatMap((job) => [`${job.key} failed:`, ...indented(job.error ?? '')]);
  const reason = record?.error ?? end.failure?.message;
  return [
    ...(end.failure?.details ?? []).map((detail) => cleanLine(detail, false)),
    ...(reason === undefined ? (end.status === 'COMPLETED' || end.status === 'CANCELLED' ? [] : [`${end.id} ${end.status.toLowerCase()}`]) : [`${end.id} failed:`, ...indented(reason)]),
  ];
}

/** Last lines that its error has not quoted already come with it. */
function stepWhy(place: string, { name, error = 'no reason was given' }: StepRecord, tail: readonly string[]): string[] {
  const fresh = tail.filter((line) => !error.includes(line.trim()));
  return [`${place} failed: ${cleanLine(name, false)}`, ...indented(error), ...(fresh.length === 0 ? [] : ['  It printed last:', ...fresh.map((line) => `  | ${cleanLine(line, false)}`)])];
}

function leftLines(end: RunEnd): string[] {
  const left = end.record === undefined ? [] : thingsOf(end.record, 'left');
  return left.length === 0 ? [] : ['Left behind:', ...left.flatMap((thing) => thing.split('\n')).map((line) => `  ${cleanLine(line, false)}`)];
}

/** What a run that is done says of itself in one sentence; nothing where a step does not say whether it changed anything. */
function changeLines({ record }: RunEnd): string[] {
  if (record?.conclusion !== 'success' || record.undone || undonePart(record).length > 0) return [];
  const steps = record.jobs.flatMap((job) => job.steps).filter((step) => step.status === 'completed' && step.conclusion !== 'skipped');
  if (steps.length === 0 || steps.some((step) => Object.hasOwn(step.outputs, 'removed'))) return [];
  const cluster = tablesOf(record).some(({ name }) => name === 'machines') ? record.inputs['cluster'] : undefined;
  const changed = changedSteps(record).length;
  if (changed > 0) return [`${cluster === undefined ? '' : `The cluster ${cluster} is up: `}${changed} of ${steps.length} steps changed something.`];
  if (steps.some((step) => step.outputs['changed'] !== 'false')) return [];
  return [cluster === undefined ? 'Nothing was changed.' : `The cluster ${cluster} was up already: nothing was changed.`];
}

function changedSteps(record: ProgressRecord): string[] {
  return record.jobs.flatMap((job) => job.steps).filter((step) => step.outputs['changed'] === 'true').map((step) => step.address);
}

function nextLines(end: RunEnd, exitCode: ExitCode): string[] {
  const record = end.record;
  const cluster = record?.inputs['cluster'];
  const flag = cluster === undefined || cluster === 'demo' ? '' : ` --cluster ${shellWord(String(cluster))}`;
  const part = record === undefined ? [] : undonePart(record);
  if (part.length > 0 && exitCode !== EXIT.left) {
    return ['Undone, and nothing that is before it:', ...part.map((name) => `  ${name}`), `Do that again:  fleetwright resume ${shellWord(end.id)}`, `Undo the rest:  fleetwright undo ${shellWord(end.id)}`];
  }
  if (exitCode === EXIT.ok) {
    if (record === undefined) return [];
    if (removesNothing(record)) return ['There was nothing to remove.'];
    if (cluster === undefined || tablesOf(record).length === 0) return [];
    return ['', `Next: fleetwright status${flag}`, `      fleetwright down${flag}`];
  }
  if (record === undefined || exitCode === EXIT.invalid) return [];
  return [...lookLines(end, record), ...goOnLines(end, record, exitCode, flag)];
}

/** How to see more of what failed. */
function lookLines({ id }: RunEnd, { jobs }: ProgressRecord): string[] {
  if (!jobs.some(({ steps }) => steps.some(({ conclusion }) => conclusion === 'failure'))) return [];
  return [`All that it printed: fleetwright logs ${shellWord(id)} --failed`, `The run as a page:   fleetwright report ${shellWord(id)}`];
}

function goOnLines(end: RunEnd, record: ProgressRecord, exitCode: ExitCode, flag: string): string[] {
  const cluster = record.inputs['cluster'];
  if (exitCode === EXIT.left) {
    const again = record.undos.some(({ conclusion }) => conclusion === 'failure') ? `fleetwright undo ${shellWord(end.id)}` : `fleetwright down${flag}`;
    return [`${end.id} ${endOf(record)}, and not all could be removed. Mend that, then: ${again}`];
  }
  if (record.undone || exitCode === EXIT.undone) return [`What ${end.id} made is undone.`];
  if (record.undos.length === 0 && record.conclusion === 'cancelled') return [];
  return [
    `Go on at the failed step: fleetwright resume ${shellWord(end.id)}`,
    ...(record.undos.length === 0 ? [] : [`Or undo what it made:     fleetwright undo ${shellWord(end.id)}`]),
    ...(cluster === undefined ? [] : [`Or remove what is there:  fleetwright down${flag}`]),
  ];
}

/** A teardown of what was not there. */
function removesNothing(record: ProgressRecord): boolean {
  const tellsWhat = record.jobs.some((job) => job.steps.some((step) => Object.hasOwn(step.outputs, 'removed')));
  return tellsWhat && thingsOf(record, 'removed').length === 0;
}

const indented = (error: string): string[] => firstLines(error, 40, false).map((line) => `  ${line}`);
