/** A step's output on its way to the log store: masked, its commands heeded, and nothing written twice when it is followed anew. */
/** What a step's workflow commands said. */
export interface CommandResults {
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  /** A command that was refused: the step has failed. */
  readonly failure?: string;
}

export interface StepOutput {
  /** Bytes that stand in the step's log. */
  readonly position: number;
  /** What comes now has been written from that byte and annotation on by a worker that was killed: it is not written again. Undefined: it is new. */
  replay(from: { readonly log: number; readonly annotated?: number } | undefined): void;
  /** Annotations that it was given so far, in this step's time. */
  readonly annotated: number;
  /** Takes what a process printed. */
  push(chunk: Buffer): void | Promise<void>;
  /** A line of ours. */
  note(line: string): void;
  /** A line of ours before the step is tried again: its last lines are those of its last try. */
  tryAgain(line: string): void;
  /** The same as an error of the step, which it does not fail for. */
  error(message: string): void;
  /** The text is hidden from now on. */
  mask(secret: string): void;
  /** A process has ended: what its commands said since the last end. @param summary of GITHUB_STEP_SUMMARY */
  finish(summary?: Buffer): Promise<CommandResults>;
  /** The last lines, after a line break; empty when there are none. */
  tail(): string;
  close(): void;
}
