/** What a public action that is built in is given, and gives. */
import type { RunId } from '../../language/ids.js';
import type { UsesAction } from '../../language/usesAction.js';
import type { Files } from './files.js';
import type { UsesSettings } from './settings.js';

/** What a built-in action is given. */
export interface BuiltInInput {
  /** Evaluated, by the names of the action's metadata, defaults filled in. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly run: RunId;
  /** Names the step in its run, the same at each try: `build/3`, `test (18)/upload`. */
  readonly step: string;
  readonly files: Files;
  /** Absolute paths on the host of `files`. */
  readonly workspace: string;
  readonly temp: string;
  /** The checkout of the run's repository, on the worker's own host. */
  readonly repository?: string | undefined;
  /** The `github` context: `repository`, `ref`, `sha`, `head_ref`, ... */
  readonly github: Readonly<Record<string, unknown>>;
  /** What the job may do with caches (`cache-mode`). @default all */
  readonly cache?: { readonly restore: boolean; readonly save: boolean };
  readonly settings?: UsesSettings | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A line for the step's log. */
  readonly log: (line: string) => void;
  /** Called before a secret is used. */
  readonly mask: (secret: string) => void;
}

export interface BuiltInResult {
  readonly outputs: Readonly<Record<string, string>>;
  /** For the post stage: kept by whoever runs the step, as GITHUB_STATE is. @default the step has no post stage */
  readonly state?: Readonly<Record<string, string>>;
}

export interface BuiltInAction {
  /** Its metadata: which inputs it has, with their defaults. `runs` says when its post stage runs. */
  readonly action: UsesAction;
  /** May be done again after it was cut short, and after its answer was lost. @throws errors of `infra/errors.ts`; the signal's reason */
  readonly main: (input: BuiltInInput) => Promise<BuiltInResult>;
  /** Run at the job's end when `main` gave a state and `action.runs.postIf` holds. */
  readonly post?: (input: BuiltInInput & { readonly state: Readonly<Record<string, string>> }) => Promise<void>;
}
