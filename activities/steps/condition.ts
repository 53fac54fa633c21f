/** An `if` of which nobody is told that it cannot be evaluated: it does not hold then. */
import { stepScope, type StepScopeInput } from '../../language/contexts.js';
import { evaluateCondition, ExpressionError } from '../../language/expressions.js';

export function holds(condition: string | undefined, input: StepScopeInput): boolean {
  try {
    return evaluateCondition(condition, stepScope(input));
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}
