/** The inputs of a called workflow, as its caller gives them. */
import { evaluateTemplate, ExpressionError, type Json, type Scope } from './expressions.js';
import { INSERT } from './insert.js';
import { coerceInput } from './inputValues.js';
import type { CallPlan, InputType, Scalar, Values } from './plan.js';
import { toScalar } from './steps.js';

/** What an input is that nobody gives, and that has no default. GitHub's. */
const NOTHING: Readonly<Record<InputType, Scalar>> = { string: '', number: 0, boolean: false };

/**
 * Each of the type that the called workflow declares.
 * @param caller the calling job's scope (`jobScope`)
 * @param called what defaults see: `github` and `vars`
 * @throws ExpressionError naming the input
 */
export function callInputs(call: Pick<CallPlan, 'uses' | 'with' | 'inputs'>, caller: Scope, called: Scope): Values {
  const given = evaluateGiven(call, caller);
  return Object.fromEntries(Object.entries(call.inputs).map(([name, { type, default: fallback }]) => {
    const value = given.get(name.toLowerCase());
    if (value !== undefined) return [name, typed(name, toScalar(value), type)];
    return [name, fallback === undefined ? NOTHING[type] : typed(name, toScalar(evaluateTemplate(fallback, called)), type)];
  }));
}

/** By name in lower case. */
function evaluateGiven({ uses, with: templates, inputs }: Pick<CallPlan, 'uses' | 'with' | 'inputs'>, scope: Scope): ReadonlyMap<string, Json> {
  const declared = new Set(Object.keys(inputs).map((name) => name.toLowerCase()));
  const given = Object.entries(templates).flatMap(([name, template]): (readonly [string, Json])[] => {
    const value = evaluateTemplate(template, scope);
    return name === INSERT && typeof value === 'object' && value !== null ? Object.entries(value) : [[name, value]];
  });
  for (const [name] of given) {
    if (!declared.has(name.toLowerCase())) throw new ExpressionError(`${uses} has no input ${JSON.stringify(name)}`, name);
  }
  return new Map(given.map(([name, value]) => [name.toLowerCase(), value]));
}

function typed(name: string, given: Scalar, type: InputType): Scalar {
  const { value, problem } = coerceInput(given, type);
  if (problem !== undefined) throw new ExpressionError(`input ${name}: ${problem}`, name);
  return value;
}
