/** The undos of a job that was ended by force: from its plan, since it could not say how far it was. An undo of what was never done is a no-op. */
import { jobScope } from '../language/contexts.js';
import { ExpressionError } from '../language/expressions.js';
import type { UndoEntry } from '../language/record.js';
import { evaluateWith } from '../language/steps.js';
import type { JobInput } from './jobMessages.js';

/** Undos find what they undo by tag, so those whose `with` reads what only the job knew are tried with what is known. */
export function plannedUndos({ run, plan, record, needs, strategy }: JobInput): readonly UndoEntry[] {
  const scope = jobScope({ run, job: plan.id, needs, strategy, ...(record.matrix ? { matrix: record.matrix } : {}) });
  return plan.steps.flatMap((step): UndoEntry[] => {
    if (step.kind !== 'action' || step.undo === undefined) return [];
    try {
      return [{ job: record.key, address: step.address, name: step.name, activity: step.undo, with: evaluateWith(step, scope) }];
    } catch (error) {
      if (error instanceof ExpressionError) return [];
      throw error;
    }
  });
}
