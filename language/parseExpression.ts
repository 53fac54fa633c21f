/** Parsing expressions: GitHub's engine, with our checks of names before it. */
import { data, type Expr, Lexer, Parser, wellKnownFunctions } from '@actions/expressions';
import { boundedCache } from './boundedCache.js';
import { notYet, suggest } from './diagnostics.js';
import { GithubNumber } from './expressionData.js';
import { ExpressionError, offsetOf, toExpressionError } from './expressionError.js';
import { DEFAULT_FUNCTIONS } from './expressionFunctions.js';
import type { ExpressionText } from './plan.js';

/** Every context that GitHub has. */
export const CONTEXT_NAMES = [
  'github', 'inputs', 'vars', 'env', 'needs', 'strategy', 'matrix', 'secrets', 'steps', 'job', 'jobs', 'runner',
] as const;
export type ContextName = (typeof CONTEXT_NAMES)[number];

export const STATUS_FUNCTIONS = ['success', 'failure', 'always', 'cancelled'] as const;

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

const parsed = boundedCache<ParsedExpression>(1000);

/** Remembers what was parsed lately. @throws ExpressionError with the offset of what is wrong */
export function parseExpression(text: ExpressionText, available: Availability = EVERYTHING): ParsedExpression {
  return available === EVERYTHING ? parsed(text, () => parse(text, available)) : parse(text, available);
}

function parse(text: ExpressionText, available: Availability): ParsedExpression {
  const tokens = tokenize(text);
  const names = findNames(tokens, text);
  for (const { name, offset, kind } of names) checkName(name, kind, offset, text, available);
  try {
    const tree = new Parser([...tokens], [...CONTEXT_NAMES], [...DEFAULT_FUNCTIONS.values()]).parse() as Expr | undefined;
    if (!tree) throw new ExpressionError('an expression was expected and nothing is there', text);
    writeNumbersAsGithub(tree);
    const of = (kind: Name['kind']) => [...new Set(names.filter((name) => name.kind === kind).map(({ name }) => name.toLowerCase()))];
    return { text, tree, contexts: of('context'), functions: of('function') };
  } catch (error) {
    throw toExpressionError(error, text);
  }
}

/** The numbers that are written in the expression. */
function writeNumbersAsGithub(node: Expr): void {
  const { literal, expr, index, left, right, group, args = [] } = node as ExprParts;
  if (literal instanceof data.NumberData) (node as ExprParts).literal = new GithubNumber(literal.value);
  for (const child of [expr, index, left, right, group, ...args]) if (child) writeNumbersAsGithub(child);
}

/** What any of the engine's nodes may have. */
interface ExprParts extends Expr {
  literal?: data.ExpressionData;
  readonly expr?: Expr;
  readonly index?: Expr;
  readonly left?: Expr;
  readonly right?: Expr;
  readonly group?: Expr;
  readonly args?: readonly Expr[];
}

type Token = ReturnType<Lexer['lex']>['tokens'][number];
interface Name {
  readonly kind: 'context' | 'function';
  readonly name: string;
  readonly offset: number;
}

/** What .NET counts as white space, and the engine's lexer does not. */
const OTHER_SPACES = /[\v\f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const TEXT_OR_SPACE = new RegExp(`'[^']*(?:'|$)|${OTHER_SPACES.source}`, 'g');

/** With a blank for every other space that is in no string: GitHub takes them, as they come with what is pasted from a page. */
export function plainSpaces(text: string): string {
  return OTHER_SPACES.test(text) ? text.replace(TEXT_OR_SPACE, (found) => (found.startsWith("'") ? found : ' ')) : text;
}

function tokenize(text: string): readonly Token[] {
  try {
    return new Lexer(plainSpaces(text)).lex().tokens.map((token) =>
      // The engine's lexer replaces only the first '' of a string.
      token.lexeme.startsWith("'") ? { ...token, value: token.lexeme.slice(1, -1).replaceAll("''", "'") } : token);
  } catch (error) {
    throw toExpressionError(error, text);
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
