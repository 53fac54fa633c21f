/**
 * Expressions, through GitHub's own engine. Deterministic and without side effects: workflow code uses this module.
 *
 * 1. What the engine gets wrong is mended here: a string's second `''`, and names that every JavaScript object has.
 * 2. Whatever goes wrong is an ExpressionError that quotes the expression.
 */
import { data, Evaluator, type Expr, Lexer, Parser, wellKnownFunctions } from '@actions/expressions';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import { notYet, suggest } from './diagnostics.js';
import { fromData, type Json, SafeDictionary, toData } from './expressionData.js';
import type { ExpressionText, Scalar } from './plan.js';
import { conditionText, splitTemplate, UnterminatedExpressionError } from './templates.js';

export type { Json } from './expressionData.js';

/** An expression that cannot be parsed or evaluated. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  /**
   * @param problem what is wrong, without the expression
   * @param expression as written
   * @param offset where in the expression, from 0
   */
  constructor(readonly problem: string, readonly expression: string, readonly offset = 0, readonly suggestion?: string) {
    super(`${problem}${suggestion ? `: ${suggestion}` : ''} (in ${JSON.stringify(expression.trim().slice(0, 200))})`);
  }
}

/** The status functions at one place of a run. In a job's `if` they may name some of its needs. */
export interface StatusFunctions {
  readonly success: (...jobs: readonly string[]) => boolean;
  readonly failure: (...jobs: readonly string[]) => boolean;
  readonly cancelled: () => boolean;
}

/** What an expression can see. A context that is known to GitHub and not given here is empty. */
export interface Scope {
  /** By name: `github`, `inputs`, `steps`, ... any JSON. */
  readonly contexts: Readonly<Record<string, unknown>>;
  /** @default all is well: success() is true, failure() and cancelled() are false */
  readonly status?: StatusFunctions;
}

/** Every context that GitHub has. */
export const CONTEXT_NAMES = [
  'github', 'inputs', 'vars', 'env', 'needs', 'strategy', 'matrix', 'secrets', 'steps', 'job', 'jobs', 'runner',
] as const;
export type ContextName = (typeof CONTEXT_NAMES)[number];

export const STATUS_FUNCTIONS = ['success', 'failure', 'always', 'cancelled'] as const;

const ALL_WELL: StatusFunctions = { success: () => true, failure: () => false, cancelled: () => false };

/** What an expression may use where it stands. @default everything that GitHub has */
export interface Availability {
  readonly contexts: readonly string[];
  /** Status functions and hashFiles; the other functions are there everywhere. Lower case. */
  readonly functions: readonly string[];
  /** Lower-case names of contexts and functions that GitHub has here and we do not have yet. @default none */
  readonly notYet?: readonly string[];
}

const EVERYTHING: Availability = { contexts: CONTEXT_NAMES, functions: [...STATUS_FUNCTIONS, 'hashfiles'] };

/** A parsed expression, and what it names. */
export interface ParsedExpression {
  readonly text: ExpressionText;
  readonly tree: Expr;
  /** Lower case, each once. */
  readonly contexts: readonly string[];
  /** Lower case, each once. */
  readonly functions: readonly string[];
}

/** @throws ExpressionError with the offset of what is wrong */
export function parseExpression(text: ExpressionText, available: Availability = EVERYTHING): ParsedExpression {
  const tokens = tokenize(text);
  const names = findNames(tokens, text);
  for (const { name, offset, kind } of names) checkName(name, kind, offset, text, available);
  try {
    const tree = new Parser([...tokens], [...CONTEXT_NAMES], [...functionsOf(ALL_WELL).values()]).parse() as Expr | undefined;
    if (!tree) throw new ExpressionError('an expression was expected and nothing is there', text);
    const of = (kind: Name['kind']) => [...new Set(names.filter((name) => name.kind === kind).map(({ name }) => name.toLowerCase()))];
    return { text, tree, contexts: of('context'), functions: of('function') };
  } catch (error) {
    throw asExpressionError(error, text);
  }
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
  return toData(evaluateTemplate(template, scope)).coerceString();
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
  const contexts = new Map<string, unknown>(Object.entries(scope.contexts).map(([name, value]) => [name.toLowerCase(), value]));
  // The engine crashes on a context that is not in the dictionary, so every name is put there.
  const names = new Set([...CONTEXT_NAMES, ...contexts.keys()]);
  const needed = [...names].filter((name) => expression.contexts.includes(name));
  try {
    const dictionary = new SafeDictionary(needed.map((name) => [name, contexts.has(name) ? toData(contexts.get(name)) : new data.Null()] as const));
    return new Evaluator(expression.tree, dictionary, functionsOf(scope.status ?? ALL_WELL)).evaluate();
  } catch (error) {
    throw asExpressionError(error, expression.text);
  }
}

function functionsOf(status: StatusFunctions): Map<string, FunctionDefinition> {
  const boolean = (name: string, maxArgs: number, answer: (...jobs: string[]) => boolean): [string, FunctionDefinition] => [
    name,
    { name, minArgs: 0, maxArgs, call: (...args) => new data.BooleanData(answer(...args.map((arg) => arg.coerceString()))) },
  ];
  return new Map<string, FunctionDefinition>([
    boolean('success', 255, status.success),
    boolean('failure', 255, status.failure),
    boolean('cancelled', 0, status.cancelled),
    boolean('always', 0, () => true),
    ['hashfiles', { name: 'hashFiles', minArgs: 1, maxArgs: 255, call: notYetHashFiles }],
    ['fromjson', { name: 'fromJSON', minArgs: 1, maxArgs: 1, call: (value) => toData(parseJson(value!.coerceString())) }],
    ['tojson', { name: 'toJSON', minArgs: 1, maxArgs: 1, call: (value) => new data.StringData(JSON.stringify(fromData(value!), null, 2)) }],
  ]);
}

function notYetHashFiles(): never {
  throw new Error(notYet('hashFiles'));
}

function parseJson(text: string): unknown {
  if (text.trim() === '') throw new Error('fromJSON was given an empty text');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`fromJSON was given what is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

type Token = ReturnType<Lexer['lex']>['tokens'][number];
interface Name {
  readonly kind: 'context' | 'function';
  readonly name: string;
  readonly offset: number;
}

function tokenize(text: string): readonly Token[] {
  try {
    return new Lexer(text).lex().tokens.map((token) =>
      // The engine's lexer replaces only the first '' of a string.
      token.lexeme.startsWith("'") ? { ...token, value: token.lexeme.slice(1, -1).replaceAll("''", "'") } : token);
  } catch (error) {
    throw asExpressionError(error, text);
  }
}

/** A word is a function's name before `(`, a property after `.`, and a context's name elsewhere. */
function findNames(tokens: readonly Token[], expression: string): Name[] {
  const text = (token: Token | undefined) => token?.lexeme;
  return tokens.flatMap((token, i): Name[] => {
    const word = /^[A-Za-z_]/.test(token.lexeme) && !['true', 'false', 'null', 'NaN', 'Infinity'].includes(token.lexeme);
    if (!word || text(tokens[i - 1]) === '.') return [];
    return [{ kind: text(tokens[i + 1]) === '(' ? 'function' : 'context', name: token.lexeme, offset: offsetOf(expression, token.range.start) }];
  });
}

function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  return text.split('\n').slice(0, line).reduce((sum, before) => sum + before.length + 1, 0) + column;
}

function checkName(name: string, kind: Name['kind'], offset: number, text: string, available: Availability): void {
  const folded = name.toLowerCase();
  const builtIn = kind === 'function' ? Object.keys(wellKnownFunctions) : [];
  if (available.notYet?.includes(folded)) throw new ExpressionError(notYet(name), text, offset);
  const here = kind === 'function' ? [...builtIn, ...available.functions] : available.contexts;
  if (here.includes(folded)) return;
  const all = kind === 'function' ? [...builtIn, ...EVERYTHING.functions] : CONTEXT_NAMES;
  const shown = JSON.stringify(name);
  if (!(all as readonly string[]).includes(folded)) {
    throw new ExpressionError(`${kind} ${shown} does not exist`, text, offset, suggest(name, here.map(asWritten)));
  }
  const offer = kind === 'context' ? `use one of ${here.join(', ')}` : undefined;
  throw new ExpressionError(`${kind} ${shown} is not available here`, text, offset, offer);
}

function asWritten(name: string): string {
  return { fromjson: 'fromJSON', tojson: 'toJSON', startswith: 'startsWith', endswith: 'endsWith', hashfiles: 'hashFiles' }[name] ?? name;
}

function split(template: string) {
  return guarded(template, () => splitTemplate(template));
}

function guarded<T>(text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asExpressionError(error, text);
  }
}

function asExpressionError(error: unknown, text: string): ExpressionError {
  if (error instanceof ExpressionError) return error;
  if (error instanceof UnterminatedExpressionError) return new ExpressionError(error.message, text, error.offset);
  if (!(error instanceof Error)) return new ExpressionError(String(error), text);
  const { pos } = error as { pos?: { line: number; column: number } };
  const position = pos ? offsetOf(text, pos) : numberIn(error.message);
  const problem = error.message.replace(/\. Located at position[^]*$/, '').replace('ErrorExceededMaxLength', 'it is longer than 21000 characters');
  return new ExpressionError(problem.charAt(0).toLowerCase() + problem.slice(1), text, position);
}

function numberIn(message: string): number {
  const at = /Located at position (\d+)/.exec(message);
  return at ? Number(at[1]) - 1 : 0;
}

function truthy(value: Json): boolean {
  return typeof value === 'object' ? value !== null : typeof value === 'number' ? value !== 0 && !Number.isNaN(value) : Boolean(value);
}

function fromJsonHint(value: Json): string {
  return typeof value === 'string' && value !== '' ? ': wrap it in fromJSON()' : '';
}
