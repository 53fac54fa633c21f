/**
 * A step's log as HTML: groups that fold, errors and warnings in their colours, the colours of terminals. Whatever the log says is text.
 *
 * 1. Every line of the log goes through `cleanLine`, which lets text and colours alone through, and then through an escape: `ansi_up`'s or ours.
 */
import { AnsiUp } from 'ansi_up';
import { escapeHtml } from '../html.js';
import { cleanLine } from '../progress/text.js';

export interface LogHtmlOptions {
  /** What stands before the part that is shown, in bytes: said above it. @default 0 */
  readonly left?: number;
}

const MARK = /^##\[(group|endgroup|error|warning|notice|debug|command|section)\](.*)$/s;
/** A longer line is cut: a browser lays it out in one piece. */
const LONGEST_LINE = 8192;

/** @param bytes the log's last part, from the beginning of a line */
export function logHtml(bytes: Buffer, { left = 0 }: LogHtmlOptions = {}): string {
  const shown = bytes.toString('utf8').replace(/\n$/, '');
  const ansi = new AnsiUp();
  ansi.use_classes = true;
  ansi.url_allowlist = {};
  const out: string[] = left > 0 ? [`<p class="cut">The first ${left} bytes are left out.</p>`] : [];
  let lines: string[] = [];
  let grouped = false;
  const flush = (): void => {
    if (lines.length > 0) out.push(`<pre>${lines.join('')}</pre>`);
    lines = [];
  };
  const close = (): void => {
    flush();
    if (grouped) out.push('</details>');
    grouped = false;
  };
  for (const raw of shown === '' ? [] : shown.split('\n')) {
    const line = cleanLine(raw, true, { tabs: true });
    const [, word, rest = ''] = MARK.exec(line) ?? [];
    if (word === 'endgroup') close();
    else if (word === 'group') {
      close();
      out.push(`<details class="group"><summary>${escapeHtml(plain(rest)) || 'Group'}</summary>`);
      grouped = true;
    } else lines.push(`<span class="l${word === undefined ? '' : ` ${word}`}">${word === undefined ? ansi.ansi_to_html(cut(line)) : escapeHtml(cut(plain(rest)))}\n</span>`);
  }
  close();
  return out.join('');
}

const plain = (text: string): string => cleanLine(text, false, { tabs: true });
const cut = (line: string): string => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)} …` : line);
