/** Evaluates values that hold templates at any depth. Rules of record: the runner's `TemplateUnraveler`. */
import { evaluateTemplate, ExpressionError, type Json, type Scope, templateText } from './expressions.js';
import { isInsert } from './insert.js';
import { hasExpression, soleExpression } from './templates.js';

/**
 * The value with each template in it evaluated. A list takes in the items of a list that one of its items gives; a mapping takes in the members of
 * the object under `${{ insert }}`; a name that holds an expression is evaluated, too. @throws ExpressionError
 */
export function evaluateTree(value: Json, scope: Scope): Json {
  if (typeof value === 'string') return evaluateTemplate(value, scope);
  if (Array.isArray(value)) return value.flatMap((item) => evaluateItem(item, scope));
  if (isMapping(value)) return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => evaluateMember(key, item, scope)));
  return value;
}

function evaluateItem(item: Json, scope: Scope): readonly Json[] {
  const evaluated = evaluateTree(item, scope);
  const splices = typeof item === 'string' && hasExpression(item) && soleExpression(item) !== undefined;
  return splices && Array.isArray(evaluated) ? evaluated : [evaluated];
}

function evaluateMember(key: string, item: Json, scope: Scope): readonly (readonly [string, Json])[] {
  const evaluated = evaluateTree(item, scope);
  if (!isInsert(key)) return [[templateText(key, scope), evaluated]];
  if (isMapping(evaluated)) return Object.entries(evaluated);
  throw new ExpressionError(`what is inserted must be an object, not ${JSON.stringify(evaluated)?.slice(0, 80)}`, key);
}

function isMapping(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
