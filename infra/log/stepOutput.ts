/**
 * The way of a step's output: commands and problem matchers are taken out of it, secrets masked, and what is left goes to the log store.
 *
 * 1. What a command does holds from its line on: a mask for the output behind it, stopped commands until their token.
 * 2. Of output that is read again from its beginning after a crash, the first `skip` bytes are read for their commands alone.
 * 3. Memory is bounded whatever the output: a line that is too long for a command goes through in pieces.
 */
import { CommandActions, type CommandOptions } from './commandActions.js';
import { mayBeCommand, parseCommand } from './commands.js';
import { LineScanner } from './lineScanner.js';
import type { MaskStream } from './masker.js';
import type { StepMatchers } from './matchers.js';
import type { StepOutputResult } from './stepResult.js';
import type { StepLogWriter } from './store.js';

export type { StepOutputResult } from './stepResult.js';

export interface StepOutputOptions extends CommandOptions {
  /** Gets masked output and annotations. */
  readonly sink: Pick<StepLogWriter, 'write' | 'annotate'>;
  /** Bytes of the output whose log is written: `written` of an earlier look at it. They are not written again. @default 0 */
  readonly skip?: number;
}

export interface StepOutput {
  /** A promise must be waited for before the next call. @throws what the sink throws */
  push(chunk: Buffer): void | Promise<void>;
  /** Writes what was kept back. */
  end(): Promise<StepOutputResult>;
  /**
   * Bytes of the output, from its beginning, that need not be written again: to be noted after each push, for `skip`. What is kept back of them is
   * written when the output goes on, also when it is read again.
   */
  readonly written: number;
}

/** Bytes that are looked at, and written, at a time. */
const PIECE = 256 * 1024;
/** A longer line is kept only if it begins as a command. */
const LONG_LINE = 64 * 1024;
/** An output of 1 MB is refused elsewhere, with its name; this is no command any more. */
const LONGEST_COMMAND = 4 * 1024 * 1024;
const COLOURS = /\x1b\[[0-9;]*m/g;

export function createStepOutput(options: StepOutputOptions): StepOutput {
  return new Output(options);
}

class Output implements StepOutput {
  readonly #actions: CommandActions;
  readonly #matchers: StepMatchers;
  readonly #scanner: LineScanner;
  readonly #masked: MaskStream;
  /** What is to be written, in order. The last stretch of the data may still grow. */
  #pieces: Buffer[] = [];
  #stretch: { readonly data: Buffer; readonly from: number; to: number } | undefined;
  #pushed = 0;

  constructor(private readonly options: StepOutputOptions) {
    this.#masked = options.masker.stream();
    this.#actions = new CommandActions(options, {
      print: (text) => this.#print(text),
      annotate: (annotation) => { if (!this.#muted) options.sink.annotate(annotation); },
      beforeMask: () => this.#flush(),
    });
    const actions = this.#actions;
    this.#matchers = options.matchers.forStep((owner) => actions.warn(`The problem matcher "${owner}" is removed: it took over a second for one line.`));
    const matchers = this.#matchers;
    this.#scanner = new LineScanner({
      pass: (data, from, to) => this.#pass(data, from, to),
      take: (line, atStart) => this.#take(line.toString('utf8'), atStart),
      worthKeeping: (beginning) => mayBeCommand(beginning.toString('latin1'), actions.stopToken),
      get all() { return matchers.some; },
    }, { doubtful: LONG_LINE, most: LONGEST_COMMAND });
  }

  get written(): number {
    return Math.max(this.#pushed, this.options.skip ?? 0);
  }

  push(chunk: Buffer): void | Promise<void> {
    return this.#pushFrom(chunk, 0);
  }

  async end(): Promise<StepOutputResult> {
    await this.#scanner.end();
    this.#flush();
    this.#write(this.#masked.end());
    return this.#actions.results();
  }

  /** What is being read was written before. */
  get #muted(): boolean {
    return this.#pushed < (this.options.skip ?? 0);
  }

  #pushFrom(chunk: Buffer, from: number): void | Promise<void> {
    for (let at = from; at < chunk.length;) {
      const toSkip = (this.options.skip ?? 0) - this.#pushed;
      const end = Math.min(chunk.length, at + PIECE, toSkip > 0 ? at + toSkip : Infinity);
      const done = this.#scanner.push(chunk.subarray(at, end));
      const goOn = (): void => {
        this.#flush();
        this.#pushed += end - at;
      };
      if (done instanceof Promise) return done.then(goOn).then(() => this.#pushFrom(chunk, end));
      goOn();
      at = end;
    }
    return undefined;
  }

  #take(line: string, atStart: boolean): boolean | Promise<boolean> {
    const command = parseCommand(line, this.#actions.stopToken);
    if (command !== undefined) return this.#actions.run(command, line, atStart);
    if (!atStart || !this.#matchers.some) return false;
    const text = line.includes('\x1b') ? line.replaceAll(COLOURS, '') : line;
    const annotation = this.#matchers.match(text);
    if (annotation === undefined) return false;
    this.#actions.annotate(annotation, text);
    return true;
  }

  #pass(data: Buffer, from: number, to: number): void {
    if (this.#stretch?.data === data && this.#stretch.to === from) {
      this.#stretch.to = to;
      return;
    }
    this.#endStretch();
    this.#stretch = { data, from, to };
  }

  #print(text: string): void {
    this.#endStretch();
    this.#pieces.push(Buffer.from(text, 'utf8'));
  }

  #endStretch(): void {
    if (this.#stretch !== undefined) this.#pieces.push(this.#stretch.data.subarray(this.#stretch.from, this.#stretch.to));
    this.#stretch = undefined;
  }

  #flush(): void {
    this.#endStretch();
    if (this.#pieces.length === 0) return;
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#write(this.#masked.push(bytes));
  }

  #write(bytes: Buffer): void {
    if (bytes.length > 0 && !this.#muted) this.options.sink.write(bytes);
  }
}
