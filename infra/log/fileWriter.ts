/** Appends one step's log to its file. The file is opened at the first write: most steps are short, and many print nothing. */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { PermanentError } from '../errors.js';
import type { Annotation } from './annotation.js';
import type { Masker } from './masker.js';
import { keepLongName } from './names.js';
import { LARGEST_SUMMARY, type StepLogId, type StepLogWriter } from './store.js';

export interface FileWriterOptions {
  readonly id: StepLogId;
  /** The job's folder. */
  readonly folder: string;
  /** Paths in the folder. */
  readonly log: string;
  readonly annotations: string;
  readonly summary: string;
  readonly masker: Masker | undefined;
}

const NEWLINE = 0x0a;
const MOST_WAITING = 256;

/** Its methods may be handed on alone. */
export function fileWriter(options: FileWriterOptions): StepLogWriter {
  const writer = new FileWriter(options);
  return {
    line: (text) => writer.line(text),
    write: (chunk) => writer.write(chunk),
    annotate: (annotation) => writer.annotate(annotation),
    summary: (markdown) => writer.summary(markdown),
    flush: () => writer.flush(),
    close: () => writer.close(),
  };
}

class FileWriter implements StepLogWriter {
  #file: number | undefined;
  #closed = false;
  /** Whether the log ends with a line's end. Undefined: nothing was written by us, and the file has not been looked at. */
  #atLineStart: boolean | undefined;
  /** Annotations that are not written yet: a step may make one a line. */
  #waiting: string[] = [];

  constructor(private readonly options: FileWriterOptions) {}

  line(text: string): void {
    if (this.#closed) return;
    this.#write(() => {
      const file = this.#open();
      this.#atLineStart ??= endsWithNewline(file);
      writeAll(file, Buffer.from(`${this.#atLineStart ? '' : '\n'}${new Date().toISOString()} ${this.#mask(text)}\n`));
      this.#atLineStart = true;
    });
  }

  write(chunk: Buffer): void {
    if (this.#closed || chunk.length === 0) return;
    this.#write(() => {
      writeAll(this.#open(), chunk);
      this.#atLineStart = chunk[chunk.length - 1] === NEWLINE;
    });
  }

  annotate(annotation: Annotation): void {
    if (this.#closed) return;
    this.#waiting.push(this.#mask(JSON.stringify({ step: this.options.id.step, ...annotation })));
    if (this.#waiting.length >= MOST_WAITING) this.#writeAnnotations();
  }

  summary(markdown: Buffer): void {
    if (this.#closed) return;
    if (markdown.length > LARGEST_SUMMARY) {
      const message = `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${LARGEST_SUMMARY / 1024}k, got ${Math.ceil(markdown.length / 1024)}k`;
      this.line(`##[error]${message}`);
      return this.annotate({ level: 'error', message });
    }
    const { masker, summary } = this.options;
    const stream = masker?.stream();
    const masked = stream ? Buffer.concat([stream.push(markdown), stream.end()]) : markdown;
    this.#write(() => this.#inFolder(() => writeFileSync(summary, masked, { mode: 0o600 })));
  }

  flush(): void {
    if (!this.#closed) this.#writeAnnotations();
  }

  close(): void {
    if (this.#closed) return;
    try {
      this.#writeAnnotations();
    } finally {
      this.#closed = true;
      if (this.#file !== undefined) closeSync(this.#file);
    }
  }

  #mask(text: string): string {
    return this.options.masker?.mask(text) ?? text;
  }

  #open(): number {
    if (this.#file === undefined) {
      // Readable too: whether the last attempt ended in the middle of a line is seen from its last byte.
      this.#file = this.#inFolder(() => openSync(this.options.log, 'a+', 0o600));
      keepLongName(this.options.folder, this.options.id.step);
    }
    return this.#file;
  }

  #writeAnnotations(): void {
    if (this.#waiting.length === 0) return;
    const text = `${this.#waiting.join('\n')}\n`;
    this.#waiting = [];
    this.#write(() => {
      const file = this.#inFolder(() => openSync(this.options.annotations, 'a', 0o600));
      try {
        writeAll(file, Buffer.from(text));
      } finally {
        closeSync(file);
      }
    });
  }

  /** The folder is there for all steps but a job's first. */
  #inFolder<T>(act: () => T): T {
    const { folder, id } = this.options;
    try {
      return act();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    keepLongName(dirname(folder), id.job);
    return act();
  }

  #write(act: () => void): void {
    try {
      act();
    } catch (error) {
      throw new PermanentError(`the log of ${this.options.id.step} cannot be written: ${(error as Error).message}`, 'Make room on the disk of the worker, or give it the right to write there.', { cause: error });
    }
  }
}

function endsWithNewline(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] === NEWLINE;
}

/** A write may take less than it is given. */
function writeAll(file: number, chunk: Buffer): void {
  for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at, chunk.length - at);
}
