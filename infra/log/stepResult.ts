/** What a step has said by its commands. */
import type { Annotation } from './annotation.js';

export interface StepOutputResult {
  /** The first of them: at most 10 a level, as GitHub keeps. The store has all. Masked. */
  readonly annotations: readonly Annotation[];
  /** Of `set-output`; not masked. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Of `save-state`; not masked. */
  readonly state: Readonly<Record<string, string>>;
  /** Of `set-env`, where it is allowed; not masked. */
  readonly env: Readonly<Record<string, string>>;
  /** Of `add-path`, where it is allowed; the latest first. */
  readonly path: readonly string[];
  /** Why the step fails, whatever its exit code: the first command that could not be done. Masked. */
  readonly failure?: string;
}
