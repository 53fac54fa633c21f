/** The type of an expression, and what in it cannot be. */
import { data, type Expr } from '@actions/expressions';
import { suggest } from '../diagnostics.js';
import { offsetOf } from '../expressionError.js';
import type { ParsedExpression } from '../expressions.js';
import type { Wanted } from '../parsing/reader.js';
import { checkCall } from './functionTypes.js';
import { commonType, describeType, type ExprType, listOf, memberOf, type ObjectType } from './types.js';

export interface TypeProblem {
  readonly message: string;
  readonly suggestion?: string;
  /** In the expression, from 0. */
  readonly offset: number;
}

type Position = { readonly line: number; readonly column: number };
interface Token {
  readonly lexeme: string;
  readonly range: { readonly start: Position };
}

/** The parts that the engine's nodes have; which of them says what a node is. */
interface Parts {
  readonly literal?: data.ExpressionData;
  readonly token?: Token;
  readonly name?: Token;
  readonly functionName?: Token;
  readonly operator?: Token;
  readonly args?: readonly Expr[];
  readonly expr?: Expr;
  readonly index?: Expr;
  readonly left?: Expr;
  readonly right?: Expr;
  readonly group?: Expr;
}

/**
 * @param contexts by name in lower case
 * @param use the value becomes a part of a text, as in a script, or is wanted to be of a type
 */
export function checkTypes(
  { tree, text }: ParsedExpression, contexts: Readonly<Record<string, ExprType>>, { asText = false, wanted }: { readonly asText?: boolean; readonly wanted?: Wanted } = {},
): readonly TypeProblem[] {
  const inference = new Inference(text, contexts);
  const type = inference.type(tree);
  return [...inference.problems, ...(asText ? inference.wordFor(type, tree) : []), ...(wanted ? inference.otherThan(wanted, type, tree) : [])];
}

class Inference {
  readonly problems: TypeProblem[] = [];
  constructor(private readonly text: string, private readonly contexts: Readonly<Record<string, ExprType>>) {}

  type(node: Expr): ExprType {
    const parts = node as Parts;
    if (parts.literal) return typeOfLiteral(parts.literal);
    if (parts.name) return this.contexts[parts.name.lexeme.toLowerCase()] ?? 'any';
    if (parts.functionName) return this.#call(parts.functionName, parts.args ?? []);
    if (parts.group) return this.type(parts.group);
    if (parts.index && parts.expr) return this.#member(parts.expr, parts.index);
    if (parts.left && parts.right) {
      this.#compare(parts.left, parts.operator?.lexeme ?? '', parts.right);
      return 'boolean';
    }
    if (parts.args) return commonType(parts.args.map((arg) => this.type(arg)));
    if (parts.expr) this.type(parts.expr);
    return 'boolean';
  }

  /** What of a type reads as a word for it, or as nothing. */
  wordFor(type: ExprType, tree: Expr): readonly TypeProblem[] {
    if (type !== 'null' && typeof type !== 'object') return [];
    const reads = type === 'null' ? 'null reads as nothing at all' : `${describeType(type)} reads as the word "${type.kind === 'array' ? 'Array' : 'Object'}"`;
    return [{ message: `in a text, ${reads}`, offset: this.#offset(tree) ?? 0, ...(type === 'null' ? {} : { suggestion: 'write toJSON(...), or name a member' }) }];
  }

  /** A type that the key does not take. */
  otherThan(wanted: Wanted, type: ExprType, tree: Expr): readonly TypeProblem[] {
    if (type === 'any' || (typeof type === 'object' ? type.kind : type) === wanted) return [];
    const words = { object: 'an object', array: 'a list', number: 'a number', boolean: 'true or false' };
    const fromText = type === 'string' ? { suggestion: 'write fromJSON(...) where the text holds one' } : {};
    return [{ message: `the value must be ${words[wanted]}, and this is ${describeType(type)}`, offset: this.#offset(tree) ?? 0, ...fromText }];
  }

  /** An object or list equals nothing but itself, and has no order; neither have true, false and null, which count as numbers. */
  #compare(left: Expr, operator: string, right: Expr): void {
    const types = [this.type(left), this.type(right)] as const;
    const order = operator.startsWith('<') || operator.startsWith('>');
    for (const [i, node] of [left, right].entries()) {
      const [type, other] = [types[i]!, types[1 - i]!];
      const never = order ? typeof type === 'object' || type === 'null' || type === 'boolean' : typeof type === 'object' && (typeof other === 'object' ? type.kind !== other.kind : !['any', 'null'].includes(other));
      if (!never) continue;
      this.#problem(node, order ? `${describeType(type)} has no order: "${operator}" compares numbers or texts` : `${describeType(type)} is never equal to ${describeType(other)}`);
      return;
    }
  }

  #call(name: Token, args: readonly Expr[]): ExprType {
    const { gives, problems } = checkCall(name.lexeme, args, args.map((arg) => this.type(arg)));
    for (const { message, argument } of problems) this.problems.push({ message, offset: this.#offset(args[argument]) ?? offsetOf(this.text, name.range.start) });
    return gives;
  }

  #member(of: Expr, index: Expr): ExprType {
    const base = this.type(of);
    const { literal } = index as Parts;
    const star = !literal && Object.keys(index).length === 0;
    if (star) return starOf(base);
    if (!literal) return this.#indexed(base, this.type(index), of, index);
    if (typeof base === 'object' && base.kind === 'object' && !(literal instanceof data.StringData)) return this.#indexed(base, typeOfLiteral(literal), of, index);
    return this.#named(base, literal.coerceString(), of, index, literal instanceof data.NumberData);
  }

  /** By what an expression gives: members have texts for names (ports and what an event holds may have numbers), items have numbers. */
  #indexed(base: ExprType, by: ExprType, of: Expr, index: Expr): ExprType {
    if (typeof base !== 'object' || (base.kind === 'object' && base.rest === 'any')) return 'any';
    const wanted = base.kind === 'array' ? 'number' : 'string';
    if (by !== 'any' && by !== wanted) return this.#problem(index, `${pathOf(of)} is ${describeType(base)}, and ${describeType(by)} names no ${base.kind === 'array' ? 'item' : 'member'} of it`);
    return base.kind === 'array' ? base.item : 'any';
  }

  #named(base: ExprType, name: string, of: Expr, index: Expr, byNumber: boolean): ExprType {
    if (base === 'any' || base === 'null') return 'any';
    if (typeof base === 'string') return this.#problem(index, `${pathOf(of)} is ${describeType(base)} and has no member ${JSON.stringify(name)}`);
    if (base.kind === 'object') return memberOf(base, name) ?? this.#missing(base, name, of, index);
    if (byNumber) return base.item;
    if (base.filtered) return this.#ofEach(base.item, name, of, index);
    return this.#problem(index, `${pathOf(of)} is a list and has no member ${JSON.stringify(name)}`, `write ${pathOf(of)}.*.${name} for that member of every item`);
  }

  #ofEach(item: ExprType, name: string, of: Expr, index: Expr): ExprType {
    if (typeof item !== 'object' || item.kind !== 'object') return listOf('any', true);
    return listOf(memberOf(item, name) ?? this.#missing(item, name, of, index), true);
  }

  #missing({ members }: ObjectType, name: string, of: Expr, index: Expr): 'any' {
    const names = Object.keys(members);
    const there = names.length === 0 ? 'it has none' : `there ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', ...' : ''}`;
    return this.#problem(index, `${pathOf(of)} has no member ${JSON.stringify(name)}: ${there}`, suggest(name, names));
  }

  #problem(at: Expr, message: string, suggestion?: string): 'any' {
    this.problems.push({ message, offset: this.#offset(at) ?? 0, ...(suggestion === undefined ? {} : { suggestion }) });
    return 'any';
  }

  /** Where a node begins. */
  #offset(node: Expr | undefined): number | undefined {
    if (!node) return undefined;
    const { token, name, functionName, expr, left, group, args } = node as Parts;
    const own = token ?? name ?? functionName;
    if (own) return offsetOf(this.text, own.range.start);
    return this.#offset(expr ?? left ?? group ?? args?.[0]);
  }
}

function typeOfLiteral(literal: data.ExpressionData): ExprType {
  if (literal instanceof data.StringData) return 'string';
  if (literal instanceof data.NumberData) return 'number';
  return literal instanceof data.BooleanData ? 'boolean' : 'null';
}

function starOf(base: ExprType): ExprType {
  if (typeof base !== 'object') return listOf('any', true);
  if (base.kind === 'array') return listOf(base.filtered ? 'any' : base.item, true);
  const types = [...Object.values(base.members), ...(base.rest ? [base.rest] : [])];
  return listOf(types.length > 0 && types.every((type) => type === types[0]) ? types[0]! : 'any', true);
}

/** `steps.build.outputs`, as far as it is written out. */
function pathOf(node: Expr): string {
  const { name, expr, index, functionName, group } = node as Parts;
  if (name) return name.lexeme;
  if (functionName) return `${functionName.lexeme}(...)`;
  if (group) return pathOf(group);
  if (!expr || !index) return 'this';
  const { literal } = index as Parts;
  return literal ? `${pathOf(expr)}.${literal.coerceString()}` : `${pathOf(expr)}.*`;
}
