/**
 * A step's output in the log store.
 *
 * 1. What is followed anew after a kill comes again from its first byte: as many bytes as stand in the log already are heeded for their
 *    commands, and not written.
 * 2. Each process of the step has its own look at commands; masks and matchers are the job's.
 */
import { ByteTail } from '../../infra/byteTail.js';
import { createStepOutput, type StepOutputOptions } from '../../infra/log/stepOutput.js';
import type { StepLogWriter } from '../../infra/log/store.js';
import { printable } from '../scriptResult.js';
import type { CommandResults, StepOutput } from './output.js';

export interface LogOutputOptions extends Omit<StepOutputOptions, 'sink'> {
  /** Called when a process of the step has ended. */
  readonly onFinish?: () => void;
}

/** An ISO time and a blank. */
const TIME_BYTES = 25;
const NEWLINE = 0x0a;
const TAIL_BYTES = 16 * 1024;
const LINES_SHOWN = 20;
/** So that the reason before the lines survives a failure's limit of 4 KiB. */
const SHOWN_CHARACTERS = 3000;

export class LogOutput implements StepOutput {
  readonly #tail = new ByteTail(TAIL_BYTES);
  #process: ReturnType<typeof createStepOutput> | undefined;
  /** Bytes that come and stand in the log already. */
  #again = 0;
  #atLineStart = true;

  /** @param size gives the bytes that stand in the log */
  constructor(private readonly log: StepLogWriter, private readonly size: () => number, private readonly options: LogOutputOptions) {}

  get position(): number {
    return this.size();
  }

  replay(from: number): void {
    this.#again = Math.max(0, this.size() - from);
  }

  push(chunk: Buffer): void | Promise<void> {
    this.#process ??= createStepOutput({
      ...this.options,
      sink: {
        write: (bytes) => this.#write(bytes),
        annotate: (annotation) => {
          if (this.#again === 0) this.log.annotate(annotation);
        },
      },
    });
    return this.#process.push(chunk);
  }

  note(line: string): void {
    if (this.#again > 0) this.#again = Math.max(0, this.#again - this.#lengthOf(line));
    else this.log.line(line);
    this.#atLineStart = true;
  }

  mask(secret: string): void {
    if (this.options.masker.add(secret)) this.options.onMask?.(secret);
  }

  async finish(summary?: Buffer): Promise<CommandResults> {
    const results = await this.#process?.end();
    this.#process = undefined;
    this.options.onFinish?.();
    if (summary && summary.length > 0) this.log.summary(summary);
    return results ?? { outputs: {}, state: {}, env: {}, path: [] };
  }

  tail(): string {
    const text = printable(this.#tail.toString()).trimEnd().split('\n').slice(-LINES_SHOWN).join('\n').slice(-SHOWN_CHARACTERS);
    return text === '' ? '' : `\n${text}`;
  }

  close(): void {
    this.log.close();
  }

  /** Bytes of a line of ours as the store writes it. */
  #lengthOf(line: string): number {
    return (this.#atLineStart ? 0 : 1) + TIME_BYTES + Buffer.byteLength(this.options.masker.mask(line)) + 1;
  }

  #write(bytes: Buffer): void {
    this.#tail.add(bytes);
    this.#atLineStart = bytes.at(-1) === NEWLINE;
    const skipped = Math.min(this.#again, bytes.length);
    this.#again -= skipped;
    if (skipped === bytes.length) return;
    this.log.write(bytes.subarray(skipped));
  }
}
