/**
 * A step's output in the log store.
 *
 * 1. What is followed anew after a kill comes again from its first byte: as many bytes as stand in the log already are heeded for their
 *    commands, and not written.
 * 2. Each process of the step has its own look at commands; masks and matchers are the job's.
 */
import { ByteTail } from '../../infra/byteTail.js';
import type { Annotation } from '../../infra/log/annotation.js';
import { createStepOutput, type StepOutputOptions } from '../../infra/log/stepOutput.js';
import type { StepLogWriter } from '../../infra/log/store.js';
import { shownTail, TAIL_BYTES } from './shownTail.js';
import type { CommandResults, StepOutput } from './output.js';

export interface LogOutputOptions extends Omit<StepOutputOptions, 'sink'> {
  /** Called when a process of the step has ended. */
  readonly onFinish?: () => void;
}

/** An ISO time and a blank. */
const TIME_BYTES = 25;
const NEWLINE = 0x0a;

export class LogOutput implements StepOutput {
  #tail = new ByteTail(TAIL_BYTES);
  #process: ReturnType<typeof createStepOutput> | undefined;
  /** Bytes that come and stand in the log already. */
  #again = 0;
  #atLineStart = true;
  #annotated = 0;
  /** Annotations that come and stand in the store already. */
  #annotationsAgain = 0;

  /** @param stored what stands in the log store of the step: bytes of its log, annotations */
  constructor(private readonly log: StepLogWriter, private readonly stored: { size(): number; annotations(): number }, private readonly options: LogOutputOptions) {}

  get position(): number {
    return this.stored.size();
  }

  get annotated(): number {
    return this.#annotated;
  }

  replay(from: { readonly log: number; readonly annotated?: number } | undefined): void {
    this.#again = from ? Math.max(0, this.stored.size() - from.log) : 0;
    this.#annotated = from?.annotated ?? this.#annotated;
    this.#annotationsAgain = from ? Math.max(0, this.stored.annotations() - this.#annotated) : 0;
  }

  push(chunk: Buffer): void | Promise<void> {
    this.#process ??= createStepOutput({
      ...this.options,
      sink: {
        write: (bytes) => this.#write(bytes),
        annotate: (annotation) => this.#annotate(annotation),
      },
    });
    return this.#process.push(chunk);
  }

  note(line: string): void {
    const length = this.#again === 0 ? Infinity : this.#lengthOf(line);
    const stands = this.#again >= length;
    this.#again = stands ? this.#again - length : 0;
    if (!stands) this.log.line(line);
    this.#atLineStart = true;
  }

  tryAgain(line: string): void {
    this.note(line);
    this.#tail = new ByteTail(TAIL_BYTES);
  }

  error(message: string): void {
    this.note(`##[error]${message}`);
    this.#annotate({ level: 'error', message });
  }

  mask(secret: string): void {
    if (this.options.masker.add(secret)) this.options.onMask?.(secret);
  }

  async finish(summary?: Buffer): Promise<CommandResults> {
    const results = await this.#process?.end();
    this.#process = undefined;
    this.options.onFinish?.();
    this.log.flush();
    if (summary && summary.length > 0) this.log.summary(summary);
    return results ?? { outputs: {}, state: {}, env: {}, path: [] };
  }

  tail(): string {
    return shownTail(this.#tail.toString());
  }

  close(): void {
    this.log.close();
  }

  #annotate(annotation: Annotation): void {
    this.#annotated += 1;
    if (this.#annotationsAgain > 0) this.#annotationsAgain -= 1;
    else this.log.annotate(annotation);
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
