/** Tables as fleetctl prints them: aligned columns, two or more spaces apart, capital headings. Pure. */
import type { ProgressRecord } from '../language/record.js';
import { cleanLine, visibleWidth } from './progress/text.js';

/** One row: column name -> cell. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;
export interface Table {
  /** The output's name: `machines`, `unit-files`, ... */
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
}

const TITLES = [
  ['machines', 'Machines'],
  ['unit-files', 'Unit files'],
  ['units', 'Units'],
  ['etcd', 'etcd values'],
  ['endpoints', 'Endpoints'],
] as const;

/** Lines: headings in capitals from the rows' keys (in order of first appearance), then the rows; `-` for an absent cell. */
export function formatTable(rows: readonly Row[]): string[] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns.map(heading), ...rows.map((row) => columns.map((name) => cell(row[name])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => visibleWidth(line[at] ?? ''))));
  return lines.map((line) => line.map((text, at) => text + ' '.repeat((widths[at] ?? 0) - visibleWidth(text))).join('  ').trimEnd());
}

function cell(value: Row[string] | undefined): string {
  const text = value === undefined || value === null ? '' : cleanLine(String(value), false);
  return text === '' ? '-' : text;
}

/**
 * The tables that a run's steps gave: outputs named `machines`, `unit-files`, `units`, `etcd` and `endpoints`, JSON arrays of flat
 * objects, in that order. Of several outputs with one name the step that ended last counts. What is not such an array is left out.
 */
export function tablesOf(record: ProgressRecord): Table[] {
  const steps = record.jobs.flatMap((job) => job.steps).filter((step) => step.status === 'completed')
    .sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0));
  return TITLES.flatMap(([name, title]) => {
    const text = steps.findLast((step) => Object.hasOwn(step.outputs, name))?.outputs[name];
    const rows = text === undefined ? undefined : parseRows(text);
    return rows === undefined || rows.length === 0 ? [] : [{ name, title, rows }];
  });
}

function parseRows(text: string): Row[] | undefined {
  const value = parseJson(text);
  if (!Array.isArray(value)) return undefined;
  const rows = value.filter((row): row is Record<string, unknown> => typeof row === 'object' && row !== null && !Array.isArray(row));
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, item]) => [key, flat(item)])));
}

function flat(item: unknown): string | number | boolean | null {
  if (item === null || typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean') return item;
  return JSON.stringify(item);
}

/** What a run's steps (a teardown's) say they removed, or left: the JSON lists in outputs of that name, and what undos left. */
export function thingsOf(record: ProgressRecord, name: 'removed' | 'left'): string[] {
  const outputs = record.jobs.flatMap((job) => job.steps).flatMap((step) => {
    const value = parseJson(step.outputs[name] ?? '[]');
    return Array.isArray(value) ? value.map(String) : [];
  });
  return [...new Set([...outputs, ...(name === 'left' ? record.undos.flatMap((undo) => undo.left) : [])])];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an output of that name which is not ours
  }
}

/** In capitals, as fleetctl has them; a path is what it is. */
function heading(name: string): string {
  const text = cleanLine(name, false);
  return text.startsWith('/') ? text : text.toUpperCase();
}
