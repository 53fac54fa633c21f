/** What activities need from outside; `worker.ts` gives the real ones. */
import type Docker from 'dockerode';
import type { ProgressListener } from '../infra/progressListener.js';
import type { RunId } from '../language/ids.js';
import type { UndoEntry } from '../language/record.js';

export interface ActivityDependencies {
  /** The task queue of this host alone. */
  readonly hostQueue: string;
  /** The Docker engine: found, or installed and started. */
  readonly docker: (options: { readonly onProgress: ProgressListener; readonly signal: AbortSignal }) => Promise<Docker>;
  /** Folders in which a workflow file is looked for by its type, in this order. */
  readonly workflowFolders: readonly string[];
  /** Resolves when the workflow with this id is closed, or when there is none. */
  readonly workflowClosed: (workflowId: string, signal: AbortSignal) => Promise<void>;
  /** Whether the workflow with this id is there and not closed. */
  readonly workflowIsOpen: (workflowId: string) => Promise<boolean>;
  /** What the memo of the open workflow with this id holds; undefined where there is none. */
  readonly openMemo: (workflowId: string) => Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Requests the cancel of the workflow with this id. Where none is open it does nothing. */
  readonly cancelWorkflow: (workflowId: string) => Promise<void>;
  /** Tells the run what undoes a step. It stands in the run's history when this resolves. @throws TransientError; PermanentError when the run is closed */
  readonly registerUndo: (run: RunId, undo: UndoEntry) => Promise<void>;
}
