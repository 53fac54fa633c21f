/** What is known before a run starts and cannot be judged without looking at the host: the file behind a path, for example. */
import type { ValueFormat } from './actionMetadata.js';
import { type Diagnostic, type Position, sortDiagnostics } from './diagnostics.js';

/** A value, and where it comes from. */
export interface HostQuestion extends Position {
  readonly file: string;
  /** The name under which the value was given. */
  readonly input: string;
  /** Whether that is an input of the file, and not of an action in it. */
  readonly isInput: boolean;
  readonly format: ValueFormat;
  readonly value: string;
}

/** Looks at the host: what is wrong with a value of that format, one sentence a problem. */
export type HostLook = (format: ValueFormat, value: string) => Promise<readonly string[]>;

/** The answers as diagnostics; each value is looked at once. */
export async function askHost(questions: readonly HostQuestion[], look: HostLook): Promise<readonly Diagnostic[]> {
  const distinct = new Map(questions.map((question) => [`${question.format}\n${question.value}`, question]));
  const found = await Promise.all([...distinct.values()].map(async ({ file, line, column, input, format, value }) =>
    (await look(format, value)).map((problem): Diagnostic => ({ file, line, column, message: `input ${input}: ${problem}` }))));
  return sortDiagnostics(found.flat());
}
