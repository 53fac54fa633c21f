/** An `if` of which nobody is told that it cannot be evaluated: it does not hold then. */
import { evaluateCondition, ExpressionError, type Scope } from '../../language/expressions.js';

export function holds(condition: string | undefined, scope: Scope): boolean {
  try {
    return evaluateCondition(condition, scope);
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}
