/** What to write so that the actions of a workflow file stay what they are now: commits instead of names that can move. */
import { TransientError, PermanentError } from '../../infra/errors.js';
import { builtInAction } from '../../infra/uses/builtIn.js';
import { pinnedReference } from '../../infra/uses/resolve.js';
import type { Diagnostic } from '../../language/diagnostics.js';
import { parseWorkflowFile } from '../../language/parse.js';

/** A warning for each action that is named by a branch or tag; what cannot be looked up is said too. Built-in actions need no pin. */
export async function pinDiagnostics(text: string, file: string): Promise<readonly Diagnostic[]> {
  const steps = parseWorkflowFile(text, file).definition?.jobs.flatMap((job) => job.steps) ?? [];
  const found: Diagnostic[] = [];
  for (const step of steps) {
    if (step.kind !== 'uses' || builtInAction(step.uses) !== undefined) continue;
    const message = await advice(step.uses);
    if (message !== undefined) found.push({ file, ...step.position, message, severity: 'warning' });
  }
  return found;
}

async function advice(uses: string): Promise<string | undefined> {
  try {
    const pinned = await pinnedReference(uses);
    return pinned === undefined ? undefined : `${uses} is a name that can move: write ${pinned}`;
  } catch (error) {
    if (error instanceof PermanentError || error instanceof TransientError) return `${uses} cannot be looked up: ${error.message.split('\n')[0]}`;
    throw error;
  }
}
