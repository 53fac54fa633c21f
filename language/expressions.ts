/**
 * Expressions, through GitHub's own engine. Deterministic and without side effects: workflow code uses this module.
 *
 * 1. What the engine gets wrong is mended here and beside it: a string's second `''`, names that every JavaScript object has, spaces that are no ASCII,
 *    `case`, which evaluates what it chooses alone, and JSON as the runner reads and writes it.
 * 2. Whatever goes wrong is an ExpressionError that quotes the expression.
 */
import { data } from '@actions/expressions';
import { boundedCache } from './boundedCache.js';
import { fromData, type Json, PlainDictionary, toData } from './expressionData.js';
import { ExpressionError, toExpressionError } from './expressionError.js';
import { ALL_WELL, AwaitedValue, DEFAULT_FUNCTIONS, functionsOf, type HashFiles, type StatusFunctions } from './expressionFunctions.js';
import { LazyEvaluator } from './lazyEvaluator.js';
import { type ParsedExpression, parseExpression, STATUS_FUNCTIONS } from './parseExpression.js';
import type { ExpressionText, Scalar } from './plan.js';
import { conditionText, splitTemplate, type TemplatePart } from './templates.js';

export { ExpressionError } from './expressionError.js';
export { AwaitedValue } from './expressionFunctions.js';
export type { HashFiles, StatusFunctions } from './expressionFunctions.js';
export { type Availability, type ContextName, parseExpression, type ParsedExpression } from './parseExpression.js';
export type { Json } from './expressionData.js';

/** What an expression can see. A context that is known to GitHub and not given here is empty. */
export interface Scope {
  /** By name: `github`, `inputs`, `steps`, ... any JSON. */
  readonly contexts: Readonly<Record<string, unknown>>;
  /** @default all is well: success() is true, failure() and cancelled() are false */
  readonly status?: StatusFunctions;
  /** By name; a name that is not there reads as ''. @default an expression that reads `secrets` is an ExpressionError */
  readonly secrets?: Readonly<Record<string, string>>;
  /** @default an expression that calls hashFiles is an ExpressionError */
  readonly hashFiles?: HashFiles;
}

/** The value of one expression (without `${{ }}`). @throws ExpressionError */
export function evaluateExpression(text: ExpressionText, scope: Scope): Json {
  return fromData(run(parseExpression(text), scope));
}

/**
 * The value of a template: typed when it is one expression and nothing else, otherwise text. What is no string is given
 * back as it is.
 * @throws ExpressionError
 */
export function evaluateTemplate(template: Scalar, scope: Scope): Json {
  if (typeof template !== 'string' || !template.includes('${{')) return template;
  const parts = split(template);
  const only = parts[0];
  if (parts.length === 1 && only?.kind === 'expression') return evaluateExpression(only.text, scope);
  return parts.map((part) => (part.kind === 'text' ? part.text : run(parseExpression(part.text), scope).coerceString())).join('');
}

/** The template as text: null is '', 1.0 is '1', an array is 'Array', an object 'Object', as on GitHub. @throws ExpressionError */
export function templateText(template: Scalar, scope: Scope): string {
  return typeof template === 'string' && !template.includes('${{') ? template : valueText(evaluateTemplate(template, scope));
}

/** A value as text, as `templateText` has it. */
export function valueText(value: Json): string {
  return toData(value).coerceString();
}

/** A setting such as `continue-on-error`: it must give a boolean. @throws ExpressionError */
export function evaluateBoolean(template: Scalar, scope: Scope): boolean {
  const value = evaluateTemplate(template, scope);
  if (typeof value === 'boolean') return value;
  throw new ExpressionError(`true or false was expected, not ${JSON.stringify(value)}${fromJsonHint(value)}`, String(template));
}

/** A setting such as `timeout-minutes`: it must give a number. @throws ExpressionError */
export function evaluateNumber(template: Scalar, scope: Scope): number {
  const value = evaluateTemplate(template, scope);
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  throw new ExpressionError(`a number was expected, not ${JSON.stringify(value)}${fromJsonHint(value)}`, String(template));
}

/**
 * An `if:`. Without a status function in it, it is `success() && (…)`; without a condition, `success()`.
 * @param condition with or without `${{ }}`
 * @throws ExpressionError
 */
export function evaluateCondition(condition: ExpressionText | boolean | undefined, scope: Scope): boolean {
  const { success } = scope.status ?? ALL_WELL;
  if (condition === undefined || condition === '') return success();
  const text = guarded(String(condition), () => conditionText(String(condition)));
  const expression = parseExpression(text);
  const ownStatus = expression.functions.some((name) => (STATUS_FUNCTIONS as readonly string[]).includes(name));
  if (!ownStatus && !success()) return false;
  return truthy(fromData(run(expression, scope)));
}

/** Lower-case names of the contexts that a template reads. @throws ExpressionError */
export function contextsOf(template: unknown): readonly string[] {
  if (typeof template !== 'string') return [];
  return [...new Set(split(template).flatMap((part) => (part.kind === 'expression' ? parseExpression(part.text).contexts : [])))];
}

function run(expression: ParsedExpression, scope: Scope): data.ExpressionData {
  try {
    const dictionary = new ContextDictionary(contextsIn(expression, scope));
    const special = expression.functions.some((name) => SPECIAL_FUNCTIONS.includes(name));
    const functions = special ? functionsOf(scope.status ?? ALL_WELL, scope.hashFiles) : (DEFAULT_FUNCTIONS as ReturnType<typeof functionsOf>);
    return new LazyEvaluator(expression.tree, dictionary, functions).evaluate();
  } catch (error) {
    throw error instanceof AwaitedValue ? error : toExpressionError(error, expression.text);
  }
}

const SPECIAL_FUNCTIONS: readonly string[] = [...STATUS_FUNCTIONS, 'hashfiles'];

/** The contexts that the expression names, by name. The engine crashes on one that is not there. */
function contextsIn(expression: ParsedExpression, { contexts, secrets }: Scope): Map<string, data.ExpressionData> {
  return new Map(expression.contexts.map((name) => {
    if (name !== 'secrets') return [name, contextData(name, contexts)];
    if (secrets === undefined) throw new ExpressionError('secrets are read where the step runs, and not here', expression.text);
    return [name, new PlainDictionary(secrets)];
  }));
}

function contextData(name: string, contexts: Scope['contexts']): data.ExpressionData {
  const value = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return toData(value);
  const known = dictionaries.get(value);
  if (known) return known;
  const made = new PlainDictionary(value as Readonly<Record<string, unknown>>, name === 'env');
  dictionaries.set(value, made);
  return made;
}

/** Contexts are read-only, and a scope is asked many times. */
const dictionaries = new WeakMap<object, PlainDictionary>();

class ContextDictionary extends data.Dictionary {
  constructor(private readonly contexts: ReadonlyMap<string, data.ExpressionData>) {
    super();
  }

  override get(name: string): data.ExpressionData | undefined {
    return this.contexts.get(name.toLowerCase());
  }
}

const templates = boundedCache<readonly TemplatePart[]>(500);

function split(template: string) {
  return templates(template, () => guarded(template, () => splitTemplate(template)));
}

function guarded<T>(text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toExpressionError(error, text);
  }
}

function truthy(value: Json): boolean {
  return typeof value === 'object' ? value !== null : typeof value === 'number' ? value !== 0 && !Number.isNaN(value) : Boolean(value);
}

function fromJsonHint(value: Json): string {
  return typeof value === 'string' && value !== '' ? ': wrap it in fromJSON()' : '';
}
