/** What a step says about itself or a file: GitHub shows it beside the run, and at the line. */

export type AnnotationLevel = 'notice' | 'warning' | 'error';

export interface Annotation {
  readonly level: AnnotationLevel;
  readonly message: string;
  readonly title?: string;
  /** Relative to the workspace where it lies in it. */
  readonly file?: string;
  /** Lines and columns are from 1. */
  readonly line?: number;
  readonly endLine?: number;
  readonly column?: number;
  readonly endColumn?: number;
  /** The code that a problem matcher found (`TS2345`). */
  readonly code?: string;
}

/** Characters of a message; the rest is in the log alone. GitHub's. */
export const LONGEST_MESSAGE = 4096;

/** What places an annotation: texts by the names that commands use. */
export type Place = Pick<Annotation, 'title' | 'file' | 'line' | 'endLine' | 'column' | 'endColumn' | 'code'>;

/**
 * From a command's properties. A range that makes no sense is dropped as GitHub does: an end needs a beginning, columns need one line.
 * @param properties by lower-case name: title, file, line, endline, col, endcolumn @param workspace absolute, without a slash at its end
 */
export function placeOf(properties: ReadonlyMap<string, string>, workspace?: string): Place {
  const number = (key: string): number | undefined => positive(properties.get(key));
  let [line, endLine, column, endColumn] = [number('line'), number('endline'), number('col') ?? number('column'), number('endcolumn')];
  line ??= endLine;
  column ??= endColumn;
  if (line === undefined || (endLine !== undefined && endLine !== line)) [column, endColumn] = [undefined, undefined];
  if (line !== undefined && endLine !== undefined && endLine < line) [line, endLine] = [undefined, undefined];
  if (column !== undefined && endColumn !== undefined && endColumn < column) [column, endColumn] = [undefined, undefined];
  const file = properties.get('file');
  return given({ title: properties.get('title'), file: file === undefined ? undefined : inWorkspace(file, workspace), line, endLine, column, endColumn });
}

/** Without the keys that have no value. */
export function given(place: { readonly [K in keyof Place]?: Place[K] | undefined }): Place {
  const some: Record<string, unknown> = {};
  for (const key of Object.keys(place) as (keyof Place)[]) if (place[key] !== undefined && place[key] !== '') some[key] = place[key];
  return some;
}

/** A whole number from 1; undefined for all else. */
export function positive(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text.trim())) return undefined;
  return Number(text) > 0 ? Number(text) : undefined;
}

function inWorkspace(file: string, workspace: string | undefined): string {
  const path = file.replaceAll('\\', '/');
  return workspace !== undefined && path.startsWith(`${workspace}/`) ? path.slice(workspace.length + 1) : path;
}
