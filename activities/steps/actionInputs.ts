/** What a step gives an action: `with` under the names that the action declares, defaults filled in, everything as text. */
import { evaluateEnv } from '../../language/contexts.js';
import { templateText, type Scope } from '../../language/expressions.js';
import type { Values } from '../../language/plan.js';
import type { UsesAction } from '../../language/usesAction.js';

export interface ActionInputs {
  /** By the names that the action declares; what it does not declare keeps the name that was given. */
  readonly values: Readonly<Record<string, string>>;
  /** For the step's log. */
  readonly warnings: readonly string[];
}

/** @throws ExpressionError */
export function actionInputs(given: Values, action: Pick<UsesAction, 'inputs'>, scope: Scope): ActionInputs {
  const declared = new Map(Object.keys(action.inputs).map((name) => [name.toLowerCase(), name]));
  const warnings: string[] = [];
  // As `env`: names may hold expressions, and a whole mapping may be what one gives.
  const texts = evaluateEnv(given, scope);
  const own = Object.entries(texts).map(([name, text]) => [declared.get(name.toLowerCase()) ?? name, text] as const);
  const unknown = Object.keys(texts).filter((name) => !declared.has(name.toLowerCase()) && !['args', 'entrypoint'].includes(name.toLowerCase()));
  if (unknown.length > 0) {
    const valid = [...declared.values()].map((name) => `'${name}'`).join(', ');
    warnings.push(`Unexpected input(s) ${unknown.map((name) => `'${name}'`).join(', ')}, valid inputs are [${valid}]`);
  }
  const values = new Map(own);
  for (const [name, { default: fallback, deprecationMessage }] of Object.entries(action.inputs)) {
    if (values.has(name)) {
      if (deprecationMessage) warnings.push(`Input '${name}' has been deprecated with message: ${deprecationMessage}`);
    } else {
      values.set(name, fallback === undefined ? '' : templateText(fallback, scope));
    }
  }
  return { values: Object.fromEntries(values), warnings };
}
