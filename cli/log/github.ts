/**
 * A run's log inside a step of GitHub Actions: each step is a group of GitHub's own log, and annotations are GitHub's. Pure but for `write`.
 *
 * 1. Groups cannot stand in one another, and steps of several jobs print at once: what a step prints is written when it ends.
 * 2. What a step printed is no command here: it may have been printed while commands were stopped, and was done once already.
 */
import { escapeMessage, escapeProperty } from '../../infra/log/commands.js';
import type { StoredAnnotation } from '../../infra/log/store.js';
import type { ProgressRecord } from '../../language/record.js';
import { elapsed } from '../progress/elapsed.js';
import { placeOf } from '../progress/place.js';
import { cleanLine } from '../progress/text.js';
import { MARKS, WORDS } from '../states.js';
import type { JobPrinter } from './printer.js';

/** More are written before the step ends. */
const MOST_LINES = 20_000;
const LEVELS: Readonly<Record<string, string>> = { error: 'Error: ', warning: 'Warning: ', notice: 'Notice: ', debug: 'Debug: ', group: '▾ ' };

export function githubPrinter(job: string, write: (lines: readonly string[]) => void): JobPrinter {
  const key = cleanLine(job, false);
  const held = new Map<string, string[]>();
  const group = (title: string, lines: readonly string[]): void => write([`::group::${escapeMessage(title)}`, ...lines, '::endgroup::']);
  return {
    begin: (name) => write([harmless(`${key} ▶ ${cleanLine(name, false)}`)]),
    lines: (step, lines) => {
      const some = held.get(step) ?? [];
      for (const line of lines) some.push(...shown(line));
      held.set(step, some);
      if (some.length < MOST_LINES) return;
      held.delete(step);
      group(`${key} ${cleanLine(step, false)}: what it printed first`, some);
    },
    end: (step, name, how, ms) => {
      const state = how === 'done' ? 'success' : how;
      const title = `${MARKS[state]} ${key} / ${cleanLine(name, false)}${state === 'success' ? '' : `: ${WORDS[state]}`}${ms === undefined ? '' : ` (${elapsed(ms)})`}`;
      const lines = held.get(step) ?? [];
      held.delete(step);
      if (lines.length === 0) write([harmless(title)]);
      else group(title, lines);
    },
    job: (how, ms, error) => {
      for (const [step, lines] of held) group(`${key} / ${cleanLine(step, false)}`, lines);
      held.clear();
      write([harmless(`${key}: job ${how}${ms === undefined ? '' : ` (${elapsed(ms)})`}`), ...(error === undefined ? [] : error.split('\n').map((line) => harmless(`  ${cleanLine(line, false)}`)))]);
    },
  };
}

/** A line of a step's log; the end of a group of its own is not shown. */
function shown(raw: string): string[] {
  const line = cleanLine(raw, true, { tabs: true });
  const [, word = '', rest = ''] = /^##\[(group|endgroup|error|warning|notice|debug|command|section)\](.*)$/s.exec(line) ?? [];
  if (word === 'endgroup') return [];
  return [harmless(word === '' ? line : `${LEVELS[word] ?? ''}${rest}`)];
}

/** What begins as a command gets a character in it that is not seen. */
function harmless(line: string): string {
  return line.replaceAll('##[', '##\u200b[').replace(/^(\s*:)(?=:)/, '$1\u200b');
}

/** The commands that give GitHub what the steps annotated, and the error of each step that failed without having annotated one. */
export function githubAnnotations(record: ProgressRecord | undefined, annotations: readonly StoredAnnotation[]): string[] {
  const told = annotations.map(({ level, message, title, file, line, endLine, column, endColumn }) => command(level, { file, line, endLine, col: column, endColumn, title }, message));
  const saidWhy = new Set(annotations.filter(({ level }) => level === 'error').map(({ job, step }) => `${job}\n${step}`));
  const silent = record?.jobs.flatMap((job) => job.steps.filter(({ conclusion, address }) => conclusion === 'failure' && !saidWhy.has(`${job.key}\n${address}`))
    .map((step) => command('error', { title: `${placeOf(job, step)}: ${cleanLine(step.name, false)}` }, step.error ?? 'it failed'))) ?? [];
  return [...told, ...silent];
}

function command(name: string, properties: Readonly<Record<string, string | number | undefined>>, message: string): string {
  const given = Object.entries(properties).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${name}${given.length === 0 ? '' : ` ${given.join(',')}`}::${escapeMessage(message)}`;
}
