/** From a workflow file's text to its plan, or to all that is wrong: with the text, the inputs, and what they name on the host. */
import { loadCalls, type ReadWorkflow } from './calls.js';
import type { Diagnostic } from './diagnostics.js';
import { sortDiagnostics } from './diagnostics.js';
import { askHost, type HostLook } from './hostQuestions.js';
import { makePlan, type PlanOptions } from './makePlan.js';
import { parseWorkflowFile } from './parse.js';
import type { Plan } from './plan.js';
import { triggerProblem } from './triggers.js';

export interface PlanTextOptions extends Omit<PlanOptions, 'calls'> {
  /** @default nothing is asked */
  readonly look?: HostLook;
  /** Finds the workflows that jobs call. @default a job that calls one is a problem */
  readonly readWorkflow?: ReadWorkflow;
  /** Whether the event of `facts` must be one that `on` names, its filters included. For events that a person has given. @default false */
  readonly honourTriggers?: boolean;
}

export interface PlannedText {
  /** Absent when there are diagnostics. */
  readonly plan?: Plan;
  readonly diagnostics: readonly Diagnostic[];
  /** Why the event does not start this workflow, as a sentence: there is no plan, and nothing is wrong with the file. */
  readonly notTriggered?: string;
}

/** @param file as a person would name it, for the diagnostics */
export async function planText(text: string, file: string, { look, readWorkflow, honourTriggers = false, ...options }: PlanTextOptions): Promise<PlannedText> {
  const { definition, diagnostics: parsed } = parseWorkflowFile(text, file);
  if (definition === undefined || parsed.length > 0) return { diagnostics: parsed };
  const notTriggered = honourTriggers && options.facts ? triggerProblem(definition.triggers, options.facts) : undefined;
  if (notTriggered !== undefined) return { diagnostics: [], notTriggered: `${file} is not triggered: ${notTriggered}` };
  const called = await loadCalls(definition, readWorkflow);
  if (called.diagnostics.length > 0) return { diagnostics: sortDiagnostics(called.diagnostics) };
  const { plan, diagnostics: planned, questions } = makePlan(definition, { ...options, calls: called.calls });
  const diagnostics = sortDiagnostics([...planned, ...(look === undefined ? [] : await askHost(questions, look))]);
  return plan === undefined || diagnostics.length > 0 ? { diagnostics } : { plan, diagnostics };
}
