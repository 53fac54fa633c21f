/** A run's log as a person reads it: each line with its job before it, groups folded where nobody can unfold them by hand. Pure but for `write`. */
import { createColors } from 'picocolors';
import type { Conclusion } from '../../language/record.js';
import { elapsed } from '../progress/elapsed.js';
import { cleanLine } from '../progress/text.js';

export interface PrinterOptions {
  readonly color: boolean;
  /** A group is shown as one line, and whole only when its step fails. */
  readonly fold: boolean;
  readonly write: (lines: readonly string[]) => void;
  /** The time now, for lines that tell a beginning or an end. @default they have none */
  readonly clock?: () => string;
}

/** What is printed of one job. */
export interface JobPrinter {
  begin(name: string): void;
  /** Lines of the log of a step. Several steps may run at once: each has its groups. @param step its address */
  lines(step: string, lines: readonly string[]): void;
  end(step: string, name: string, how: Conclusion | 'done', ms?: number): void;
  job(how: Conclusion | 'done', ms?: number, error?: string): void;
}

/** Of a folded group this many last lines are kept for when its step fails. */
const KEPT_LINES = 2_000;
const MARKS = { success: '✓', done: '✓', failure: '✗', cancelled: '⊘', skipped: '-' } as const;
const WORDS = { success: 'succeeded', done: 'ended', failure: 'failed', cancelled: 'cancelled', skipped: 'skipped' } as const;
const LEVELS = { error: 'Error: ', warning: 'Warning: ', notice: 'Notice: ', debug: '##[debug]', command: '', section: '' } as const;

interface Group { readonly title: string; count: number; kept: string[] }

/** @param count how many jobs have been printed before: each gets another colour */
export function jobPrinter(key: string, count: number, { color, fold, write, clock }: PrinterOptions): JobPrinter {
  const c = createColors(color);
  const hues = [c.cyan, c.magenta, c.yellow, c.blue, c.green] as const;
  const prefix = `${hues[count % hues.length]!(cleanLine(key, false))} ${c.dim('|')} `;
  const sayAll = (lines: readonly string[]): void => write(lines.map((line) => prefix + line)); // never spread: a chunk of the log may be 256 Ki empty lines
  const say = (...lines: readonly string[]): void => sayAll(lines);
  const now = (): string => (clock === undefined ? '' : `${c.dim(clock())} `);
  const groups = new Map<string, Group>();
  const took = (ms: number | undefined): string => (ms === undefined ? '' : c.dim(` (${elapsed(ms)})`));
  const close = (step: string, whole: boolean): void => {
    const group = groups.get(step);
    if (group === undefined) return;
    groups.delete(step);
    const cut = group.count - group.kept.length;
    if (whole) sayAll([`▾ ${group.title}`, ...(cut > 0 ? [`  … ${cut} lines before`] : []), ...group.kept]);
    else say(`${c.bold(`▸ ${group.title}`)}${c.dim(` (${group.count} line${group.count === 1 ? '' : 's'})`)}`);
  };
  const heading = (step: string, line: string, open: (title: string) => void): string | undefined => {
    const [, word = '', rest = ''] = /^##\[(group|endgroup|error|warning|notice|debug|command|section)\](.*)$/s.exec(line) ?? [];
    if (word === '') return line;
    if (word === 'endgroup') return void close(step, false);
    if (word === 'group') return void open(rest);
    return paint(word as keyof typeof LEVELS, `${LEVELS[word as keyof typeof LEVELS]}${rest}`);
  };
  const paint = (word: keyof typeof LEVELS, text: string): string =>
    (word === 'error' ? c.red(text) : word === 'warning' ? c.yellow(text) : word === 'debug' ? c.dim(text) : word === 'notice' ? text : c.blue(text));
  const open = (step: string, title: string): void => {
    close(step, false);
    if (fold) groups.set(step, { title, count: 0, kept: [] });
    else say(c.bold(`▾ ${title}`));
  };
  return {
    begin: (name) => say(`${now()}${c.bold(`▶ ${cleanLine(name, false)}`)}`),
    lines: (step, lines) => {
      let shown: string[] = [];
      for (const raw of lines) {
        const line = heading(step, cleanLine(raw, color, { tabs: true }), (title) => { sayAll(shown); shown = []; open(step, title); });
        if (line === undefined) continue;
        const group = groups.get(step);
        if (group === undefined) shown.push(line);
        else keep(group, line);
      }
      if (shown.length > 0) sayAll(shown);
    },
    end: (step, name, how, ms) => {
      close(step, how === 'failure' || how === 'cancelled');
      const mark = how === 'failure' || how === 'cancelled' ? c.red(MARKS[how]) : how === 'skipped' ? c.dim(MARKS[how]) : c.green(MARKS[how]);
      say(`${now()}${mark} ${cleanLine(name, false)}${how === 'success' ? '' : ` ${WORDS[how]}`}${took(ms)}`);
    },
    job: (how, ms, error) => {
      for (const step of groups.keys()) close(step, how !== 'success');
      say(`${now()}${how === 'success' ? c.green(c.bold(`job ${WORDS[how]}`)) : c.bold(`job ${WORDS[how]}`)}${took(ms)}`, ...(error === undefined ? [] : error.split('\n').map((line) => `  ${cleanLine(line, false)}`)));
    },
  };
}

function keep(group: Group, line: string): void {
  group.count += 1;
  group.kept.push(line);
  if (group.kept.length > KEPT_LINES * 2) group.kept = group.kept.slice(-KEPT_LINES);
}
