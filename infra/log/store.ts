/** The log store: what steps print, outside the history. Files under the state folder; the interface leaves room for other places. */
import type { RunId, StepAddress } from '../../language/ids.js';
import type { Annotation } from './annotation.js';
import type { Masker } from './masker.js';

/** One step of one job of a run. Steps of a matrix's jobs have the same addresses, so the job's key belongs to it. */
export interface StepLogId {
  readonly run: RunId;
  /** The job's key: `web`, or `web (18, debian)` for one job of a matrix. */
  readonly job: string;
  readonly step: StepAddress;
}

/** Writes are on their way to the disk when a method returns. Every method throws PermanentError when nothing can be written (a full disk). */
export interface StepLogWriter {
  /** One line of our own, with the time before it; on a line of its own whatever was written before. */
  line(text: string): void;
  /** Output as it came, but masked already. */
  write(chunk: Buffer): void;
  annotate(annotation: Annotation): void;
  /** What the step left in GITHUB_STEP_SUMMARY, instead of what an earlier attempt left. Over 1 MiB: an error annotation instead. */
  summary(markdown: Buffer): void;
  /** Annotations that wait are written. */
  flush(): void;
  /** Safe to repeat; nothing is written afterwards. */
  close(): void;
}

export interface StoredAnnotation extends Annotation {
  readonly job: string;
  readonly step: StepAddress;
}

export interface StoredSummary {
  readonly job: string;
  readonly step: StepAddress;
  readonly markdown: Buffer;
}

export interface LogStore {
  /**
   * Appends to what is there: the log of every attempt is one.
   * @param masker hides secrets in lines, annotations and summaries @default nothing is hidden
   */
  open(id: StepLogId, masker?: Masker): StepLogWriter;
  /** Bytes `from` to `from + length`, fewer at the end. Undefined when the step has written nothing. */
  read(id: StepLogId, from: number, length: number): Buffer | undefined;
  /** Bytes of the log; 0 when the step has written nothing. */
  size(id: StepLogId): number;
  /** Steps that have written something, by job and step. */
  list(run: RunId): readonly StepLogId[];
  /** In the order in which each job made them. */
  annotations(run: RunId): readonly StoredAnnotation[];
  summaries(run: RunId): readonly StoredSummary[];
}

/** GitHub's. */
export const LARGEST_SUMMARY = 1024 * 1024;
