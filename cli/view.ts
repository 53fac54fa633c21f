/** A run for a person who looks at it once: tree, annotations, summaries. Pure. */
import { createColors } from 'picocolors';
import type { AnnotationLevel } from '../infra/log/annotation.js';
import { worstFirst } from './log/annotations.js';
import { cleanLine, fit } from './progress/text.js';
import { renderTree } from './progress/tree.js';
import type { SeenRecord } from './runs/hostWait.js';
import type { Said } from './runs/whole.js';

export interface ViewOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Columns of the tree and of annotations; summaries are as they are. */
  readonly width: number;
  readonly color: boolean;
}

/** More annotations than these are counted, not shown. */
const MOST_ANNOTATIONS = 50;

export function viewLines(record: SeenRecord, said: Said, options: ViewOptions): string[] {
  const inputs = Object.entries(record.inputs).filter(([, value]) => value !== '').map(([name, value]) => `${name}=${value}`);
  return [
    ...(record.name === undefined ? [] : [cleanLine(record.name, false)]),
    cleanLine(`${record.file}${inputs.length === 0 ? '' : `  ${inputs.join(' ')}`}`, false),
    '',
    ...renderTree(record, { ...options, spinnerFrame: 0 }),
    ...annotationLines(said, options),
    ...summaryLines(said, options),
  ];
}

function annotationLines({ annotations }: Said, { width, color }: ViewOptions): string[] {
  if (annotations.length === 0) return [];
  const c = createColors(color);
  const paint: Readonly<Record<AnnotationLevel, (text: string) => string>> = { error: c.red, warning: c.yellow, notice: c.cyan };
  const all = worstFirst(annotations);
  const shown = all.slice(0, MOST_ANNOTATIONS).map(({ level, message, title, job, step, times, ...place }) => {
    const text = `${title === undefined ? '' : `${title}: `}${message.split('\n', 1)[0]}`;
    return fit(`  ${paint[level](level.padEnd(7))} ${cleanLine(`${placeText(place)}${text}  (${job}, ${step}${times === 1 ? '' : `, ${times} times`})`, false)}`, width);
  });
  const more = all.length - shown.length;
  return ['', c.bold('Annotations'), ...shown, ...(more > 0 ? [`  … ${more} more`] : [])];
}

/** `src/a.ts:3:5 `, or nothing. */
function placeText({ file, line, column }: { readonly file?: string; readonly line?: number; readonly column?: number }): string {
  return file === undefined ? '' : `${[file, line, column].filter((part) => part !== undefined).join(':')}  `;
}

function summaryLines({ summaries }: Said, { color }: ViewOptions): string[] {
  const c = createColors(color);
  return summaries.flatMap(({ job, step, markdown }) => ['', c.bold(cleanLine(`Summary of ${step}${job === step.split('/')[0] ? '' : `, ${job}`}`, false)), ...markdown.trimEnd().split('\n').map((line) => cleanLine(line, false, { tabs: true }))]);
}
