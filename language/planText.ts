/** From a workflow file's text to its plan, or to all that is wrong: with the text, the inputs, and what they name on the host. */
import type { Diagnostic } from './diagnostics.js';
import { sortDiagnostics } from './diagnostics.js';
import { askHost, type HostLook } from './hostQuestions.js';
import { makePlan, type PlanOptions } from './makePlan.js';
import { parseWorkflowFile } from './parse.js';
import type { Plan } from './plan.js';

export interface PlanTextOptions extends PlanOptions {
  /** @default nothing is asked */
  readonly look?: HostLook;
}

export interface PlannedText {
  /** Absent when there are diagnostics. */
  readonly plan?: Plan;
  readonly diagnostics: readonly Diagnostic[];
}

/** @param file as a person would name it, for the diagnostics */
export async function planText(text: string, file: string, { look, ...options }: PlanTextOptions): Promise<PlannedText> {
  const { definition, diagnostics: parsed } = parseWorkflowFile(text, file);
  if (definition === undefined || parsed.length > 0) return { diagnostics: parsed };
  const { plan, diagnostics: planned, questions } = makePlan(definition, options);
  const diagnostics = sortDiagnostics([...planned, ...(look === undefined ? [] : await askHost(questions, look))]);
  return plan === undefined || diagnostics.length > 0 ? { diagnostics } : { plan, diagnostics };
}
