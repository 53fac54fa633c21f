/** Inputs of an action that only its host may evaluate: those that read a secret go to the activity as templates, with what else they read. */
import { contextsOf, type Scope } from './expressions.js';
import { readsHostFacts } from './hostFacts.js';
import type { ActionStepPlan, Values } from './plan.js';
import { evaluateWith } from './steps.js';

export interface DeferredWith extends Pick<ActionStepPlan, 'with' | 'inputTypes'> {
  /** The contexts that the templates name, but for `secrets`. */
  readonly contexts: Readonly<Record<string, unknown>>;
}

export interface EvaluatedWith {
  readonly with: Values;
  /** Absent when nothing is left. */
  readonly deferred?: DeferredWith;
}

/** Evaluates what can be evaluated in the workflow. @throws ExpressionError naming the input */
export function evaluateWithInWorkflow(step: Pick<ActionStepPlan, 'with' | 'inputTypes'>, scope: Scope): EvaluatedWith {
  const entries = Object.entries(step.with);
  const left = entries.filter(([, template]) => readsHostFacts(template));
  const { inputTypes } = step;
  if (left.length === 0) return { with: evaluateWith(step, scope) };
  const now = Object.fromEntries(entries.filter(([, template]) => !readsHostFacts(template)));
  const named = new Set(left.flatMap(([, template]) => contextsOf(template)));
  const contexts = Object.fromEntries(Object.entries(scope.contexts).filter(([name]) => named.has(name)));
  return { with: evaluateWith({ with: now, inputTypes }, scope), deferred: { with: Object.fromEntries(left), inputTypes, contexts } };
}

/** @throws ExpressionError naming the input */
export function evaluateDeferred({ with: templates, inputTypes, contexts }: DeferredWith, host: Pick<Scope, 'secrets' | 'hashFiles'>): Values {
  return evaluateWith({ with: templates, inputTypes }, { contexts, ...host });
}
