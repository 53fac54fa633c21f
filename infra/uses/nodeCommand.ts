/** The process of a JavaScript action's stage. */
import { posix } from 'node:path';
import type { StepProcess } from '../script/host.js';
import { actionEnvironment, type ActionEnvironmentInput } from './actionEnvironment.js';

export interface NodeCommandInput extends ActionEnvironmentInput {
  /** The stage's file, relative to the action's folder: its `pre`, `main` or `post`. */
  readonly main: string;
  /** @default the Node that runs this worker; on a machine: `node` */
  readonly node?: string;
}

/** A part of a `StepProcess`: the environment is added to the step's own. */
export type ActionProcess = Pick<StepProcess, 'environment'> & { readonly argv: readonly string[] };

/** Whichever Node the action asks for, the one at hand runs it. Its working directory is the workspace, as on GitHub. */
export function nodeCommand(input: NodeCommandInput): ActionProcess {
  const { resolved, main, node = process.execPath } = input;
  return { argv: [node, posix.join(resolved.folder, main)], environment: actionEnvironment(input) };
}
