/** A step's stored output as lines for a person: each with its job's name before it, groups folded, errors in their colours. */
import { escapeMessage } from './commands.js';
import { TerminalText } from './terminal.js';

/** `github`: we are a step of GitHub's ourselves, and commands pass on to its log. */
export type PrintMode = 'terminal' | 'plain' | 'github';

export interface PrintLinesOptions {
  /** Before every line, as `build | `. @default none */
  readonly prefix?: string;
  /** Gets whole lines. */
  readonly write: (text: string) => void;
  readonly mode: PrintMode;
  /** @default on a terminal */
  readonly color?: boolean;
}

export interface LinePrinter {
  /** Masked output, as the log store gives it. */
  push(chunk: Uint8Array): void;
  /** Prints a last line that has no break. */
  end(): void;
}

/** @param environment of this process: GITHUB_ACTIONS */
export function printModeOf(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): PrintMode {
  if (environment['GITHUB_ACTIONS'] === 'true') return 'github';
  return isTerminal ? 'terminal' : 'plain';
}

export function printLines(options: PrintLinesOptions): LinePrinter {
  return new Printer(options);
}

type Mark = 'group' | 'endgroup' | 'error' | 'warning' | 'notice' | 'debug';

/** Characters; a longer line is broken. */
const LONGEST_LINE = 64 * 1024;
const MARK = /^##\[(group|endgroup|error|warning|notice|debug)\]/;
const COLOUR = /\x1b\[([0-9;:]*)m/g;
const RESET = '\x1b[0m';
/** More colours than these in effect at once are not carried to the next line. */
const MOST_COLOURS = 8;
const LOOKS: Readonly<Record<Exclude<Mark, 'endgroup'>, { readonly before: string; readonly colour: string }>> = {
  group: { before: '', colour: '\x1b[1m' },
  error: { before: 'Error: ', colour: '\x1b[31m' },
  warning: { before: 'Warning: ', colour: '\x1b[33m' },
  notice: { before: 'Notice: ', colour: '\x1b[36m' },
  debug: { before: 'Debug: ', colour: '\x1b[2m' },
};

/** Output that is no command is to be none in the log around us either: it may have been printed while commands were stopped. */
function harmless(line: string): string {
  return line.replaceAll('##[', '##\u200b[').replace(/^(\s*:)(?=:)/, '$1\u200b');
}

class Printer implements LinePrinter {
  readonly #text: TerminalText;
  readonly #color: boolean;
  #line = '';
  #indent = '';
  /** The colours in effect where the last line ended. */
  #colours: string[] = [];

  constructor(private readonly options: PrintLinesOptions) {
    this.#color = options.color ?? options.mode === 'terminal';
    this.#text = new TerminalText({ color: this.#color });
  }

  push(chunk: Uint8Array): void {
    this.#print(this.#text.push(chunk));
  }

  end(): void {
    this.#print(this.#text.end());
    if (this.#line !== '') this.#print('\n');
  }

  #print(text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop()!;
    let printed = '';
    for (const line of lines) printed += this.#rendered(line);
    while (this.#line.length > LONGEST_LINE) {
      printed += this.#rendered(this.#line.slice(0, LONGEST_LINE));
      this.#line = this.#line.slice(LONGEST_LINE);
    }
    if (printed !== '') this.options.write(printed);
  }

  #rendered(line: string): string {
    const mark = MARK.exec(line)?.[1] as Mark | undefined;
    if (mark === undefined) return `${this.#before()}${this.options.mode === 'github' ? harmless(line) : this.#coloured(line)}\n`;
    const message = line.slice(mark.length + '##[]'.length);
    if (this.options.mode === 'github') return `::${mark}::${escapeMessage(message)}\n`;
    return mark === 'group' || mark === 'endgroup' ? this.#group(mark, message) : `${this.#before()}${this.#marked(mark, message)}\n`;
  }

  /** A group ends where the next begins. */
  #group(mark: 'group' | 'endgroup', title: string): string {
    this.#indent = '';
    if (mark === 'endgroup') return '';
    const folded = this.options.mode === 'terminal';
    const printed = `${this.#before()}${folded ? '▼ ' : ''}${this.#marked(mark, title)}\n`;
    if (folded) this.#indent = '  ';
    return printed;
  }

  #marked(mark: Exclude<Mark, 'endgroup'>, message: string): string {
    const { before, colour } = LOOKS[mark];
    return this.#color ? `${colour}${before}${message}${RESET}` : `${before}${message}`;
  }

  #before(): string {
    return `${this.options.prefix ?? ''}${this.#indent}`;
  }

  /** Colours end with their line, so that the next prefix has none, and begin again behind it. */
  #coloured(line: string): string {
    if (!this.#color) return line;
    const before = this.#colours.join('');
    let some = before !== '';
    for (const [colour, codes] of line.matchAll(COLOUR)) {
      some = true;
      if (/^[0;]*$/.test(codes!)) this.#colours = [];
      else this.#colours = [...this.#colours, colour].slice(-MOST_COLOURS);
    }
    return some ? `${before}${line}${RESET}` : line;
  }
}
