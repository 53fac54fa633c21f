/**
 * Reads values out of a YAML tree, of the type that is wanted. What does not fit becomes a diagnostic and reads as
 * undefined, so that one look finds every problem.
 */
import { type Diagnostic, notYet, type Position, suggest, withSuggestion } from '../diagnostics.js';
import type { KeyPositions } from '../definition.js';
import { type Availability, ExpressionError, parseExpression, type ParsedExpression } from '../expressions.js';
import { INSERT, isInsert } from '../insert.js';
import { scalarText } from '../numberText.js';
import type { Scalar, Values } from '../plan.js';
import { conditionText, hasExpression, soleExpression, splitTemplate, UnterminatedExpressionError } from '../templates.js';
import type { KeySet } from './knownKeys.js';
import type { MappingEntry, MappingNode, ScalarNode, YamlNode, YamlTree } from './yamlTree.js';

/** By key. */
export type Entries = ReadonlyMap<string, MappingEntry>;

const NO_ENTRIES: Entries = new Map();

/** What an expression belongs to. */
export interface Place {
  /** The job's id. @default none: the expression is of the workflow */
  readonly job?: string;
  /** The ids of the steps before the expression's own; of all of the job's, where the expression is the job's. @default none */
  readonly stepIds?: readonly string[];
  /** It is of the script of a `run`. @default false */
  readonly script?: boolean;
}

/** What a key takes of an expression that is all of its value. */
export type Wanted = 'object' | 'array' | 'number' | 'boolean';

/** An expression that parses, where it stands. */
export interface ExpressionUse {
  readonly expression: ParsedExpression;
  readonly place: Place;
  /** Its value becomes a part of a text: there is something around it, or it stands in a script. */
  readonly asText: boolean;
  /** @default anything */
  readonly wanted?: Wanted;
  /** Where the character at an offset of the expression stands in the file. */
  readonly at: (offset: number) => Position;
}

export class Reader {
  readonly diagnostics: Diagnostic[] = [];
  /** What GitHub's parser refuses, and what can be run all the same. */
  readonly tolerated: Diagnostic[] = [];
  readonly expressions: ExpressionUse[] = [];
  #place: Place = {};

  constructor(readonly file: string, private readonly text: string, private readonly positionAt: YamlTree['positionAt']) {}

  problem(at: Position, message: string, suggestion?: string): undefined {
    this.diagnostics.push({ file: this.file, line: at.line, column: at.column, message, ...withSuggestion(suggestion) });
  }

  tolerate(at: Position, message: string, suggestion?: string): void {
    this.tolerated.push({ file: this.file, line: at.line, column: at.column, message, ...withSuggestion(suggestion) });
  }

  /** Expressions that are read meanwhile belong there. */
  within<T>(place: Place, read: () => T): T {
    const before = this.#place;
    this.#place = { ...before, ...place };
    try {
      return read();
    } finally {
      this.#place = before;
    }
  }

  /** The entries of a mapping whose keys are known. Nothing at all reads as no entries. */
  keys(node: YamlNode, what: string, { known, notYet: later }: KeySet, mayBeEmpty = false): Entries {
    const mapping = this.mapping(node, what, mayBeEmpty);
    for (const { key, keyPosition } of mapping?.entries ?? []) {
      if (known.includes(key)) continue;
      if (later.includes(key)) this.problem(keyPosition, notYet(key));
      else if (key === '<<') this.problem(keyPosition, 'GitHub takes anchors and aliases, and no merge keys ("<<"): write the keys out, or alias the whole mapping');
      else this.problem(keyPosition, `unknown key ${JSON.stringify(key)} in ${what}`, suggest(key, [...known, ...later]));
    }
    return mapping ? byKey(mapping) : NO_ENTRIES;
  }

  /** @param mayBeEmpty whether GitHub, too, takes nothing at all for an empty mapping */
  mapping(node: YamlNode, what: string, mayBeEmpty = false): MappingNode | undefined {
    if (node.kind === 'mapping') return node;
    if (isNothing(node)) {
      if (!mayBeEmpty) this.tolerate(node.position, `${what} is empty: leave it out, or write {}`);
      return undefined;
    }
    return this.problem(node.position, `${what} must be a mapping (key: value), not ${kindOf(node)}`);
  }

  /** A text; a number or boolean counts as its text, as on GitHub. */
  string(node: YamlNode, what: string, slot?: Availability, wanted?: Wanted): string | undefined {
    const value = this.scalar(node, what, slot, wanted);
    return value === undefined ? undefined : scalarText(value);
  }

  nonEmpty(node: YamlNode, what: string, slot?: Availability): string | undefined {
    const value = this.string(node, what, slot);
    return value?.trim() === '' ? this.problem(node.position, `${what} is empty`) : value;
  }

  /** A text, number or boolean; nothing is ''. */
  scalar(node: YamlNode, what: string, slot?: Availability, wanted?: Wanted): Scalar | undefined {
    if (node.kind !== 'scalar') return this.problem(node.position, `${what} must be one value, not ${kindOf(node)}`);
    this.template(node, slot, wanted);
    return node.value ?? '';
  }

  /** true, false, or, with a slot, a template. */
  boolean(node: YamlNode, what: string, slot?: Availability): Scalar | undefined {
    const value = this.scalar(node, what, slot, 'boolean');
    if (value === undefined || typeof value === 'boolean' || (slot && hasExpression(value))) return value;
    return this.problem(node.position, `${what} must be true or false, not ${JSON.stringify(value)}`);
  }

  /** A number within the limits, or, with a slot, a template. */
  number(node: YamlNode, what: string, rule: { readonly above?: number; readonly least?: number; readonly integer?: boolean }, slot?: Availability) {
    const value = this.scalar(node, what, slot, 'number');
    if (value === undefined || (slot && hasExpression(value))) return value;
    const fits = typeof value === 'number' && value > (rule.above ?? -Infinity) && value >= (rule.least ?? -Infinity);
    if (fits && Number.isFinite(value) && (!rule.integer || Number.isInteger(value))) return value;
    const limit = rule.above !== undefined ? ` above ${rule.above}` : rule.least !== undefined ? ` of at least ${rule.least}` : '';
    return this.problem(node.position, `${what} must be a ${rule.integer ? 'whole ' : ''}number${limit}, not ${JSON.stringify(value)}`);
  }

  /**
   * Names with scalar values, such as `env`, `with` and `outputs`. With a slot, a name may hold expressions, and the whole may be one
   * expression that gives an object: that stands under the name INSERT, as it may in the file.
   */
  values(node: YamlNode, what: string, slot?: Availability, wholeMayBeExpression = true): Values {
    if (slot && wholeMayBeExpression && node.kind === 'scalar' && hasExpression(node.value)) {
      this.template(node, slot, 'object');
      return { [INSERT]: String(node.value) };
    }
    const entries = this.mapping(node, what)?.entries ?? [];
    return Object.fromEntries(entries.flatMap(({ key, keyPosition, value: node }) => {
      this.key(key, keyPosition, slot);
      const value = this.scalar(node, `${what}.${key}`, slot);
      return [[isInsert(key) ? INSERT : key, value ?? '']]; // what is wrong with it has been said
    }));
  }

  /** Where the keys of a mapping stand; none where the node is none. */
  positions(node: YamlNode | undefined): KeyPositions {
    const entries = node?.kind === 'mapping' ? node.entries : [];
    return new Map(entries.map(({ key, keyPosition, value }) => [key, { key: keyPosition, value: value.position }]));
  }

  /** One text or a list of them, each with its position. */
  list(node: YamlNode, what: string): readonly { readonly text: string; readonly position: Position }[] {
    if (isNothing(node)) return [];
    const items = node.kind === 'sequence' ? node.items : [node];
    return items.flatMap((item) => {
      const text = this.nonEmpty(item, what);
      return text === undefined ? [] : [{ text, position: item.position }];
    });
  }

  /** An `if:` without its `${{ }}`; blanks are none. */
  condition(node: YamlNode, slot: Availability): string | undefined {
    if (node.kind !== 'scalar') return this.problem(node.position, `"if" must be one value, not ${kindOf(node)}`);
    const text = String(node.value ?? '');
    if (text.trim() === '') return undefined;
    if (hasExpression(text)) {
      this.template(node, slot);
      if (isSplittable(text) && soleExpression(text) === undefined) {
        this.tolerate(node.position, '"if" is always true: there is something around its ${{ }}, be it a line break, and a text is true', 'write it without the braces');
      }
    } else {
      this.#expression(node, text, 0, slot);
    }
    return isSplittable(text) ? conditionText(text) : undefined;
  }

  /** Checks the expressions of a text; without a slot, that there are none. @param wanted of one that is all of it */
  template(node: ScalarNode, slot: Availability | undefined, wanted?: Wanted): void {
    const { value } = node;
    if (typeof value !== 'string' || !hasExpression(value)) return;
    if (!slot) return this.problem(this.#within(node, value, value.indexOf('${{')), 'an expression is not allowed here');
    try {
      const parts = splitTemplate(value);
      const asText = parts.length > 1 || this.#place.script === true;
      const use = { asText, ...(parts.length === 1 && wanted ? { wanted } : {}) };
      for (const part of parts) if (part.kind === 'expression') this.#expression(node, part.text, part.offset, slot, use);
    } catch (error) {
      if (!(error instanceof UnterminatedExpressionError)) throw error;
      this.problem(this.#within(node, value, error.offset), error.message);
    }
  }

  /** Checks the expressions in a name; without a slot, that there are none. */
  key(key: string, at: Position, slot: Availability | undefined): void {
    if (!hasExpression(key) || isInsert(key)) return;
    if (!slot) return this.problem(at, 'an expression is not allowed here');
    try {
      for (const part of splitTemplate(key)) if (part.kind === 'expression') parseExpression(part.text, slot);
    } catch (error) {
      if (!(error instanceof UnterminatedExpressionError) && !(error instanceof ExpressionError)) throw error;
      this.problem(at, `expression: ${error instanceof ExpressionError ? error.problem : error.message}`);
    }
  }

  #expression(node: ScalarNode, text: string, offset: number, slot: Availability, use: Pick<ExpressionUse, 'asText' | 'wanted'> = { asText: false }): void {
    try {
      const expression = parseExpression(text, slot);
      this.expressions.push({ expression, place: this.#place, ...use, at: (inside) => this.#within(node, String(node.value), offset + inside) });
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.problem(this.#within(node, String(node.value), offset + error.offset), `expression: ${error.problem}`, error.suggestion);
    }
  }

  /**
   * Where the character at `offset` of a scalar's value stands in the file. Quotes, escapes, indentation and folding are in the
   * file and not in the value, so the two are walked side by side, spaces left out.
   */
  #within(node: ScalarNode, value: string, offset: number): Position {
    let at = node.start;
    const wanted = Array.from(value.slice(0, offset + 1)).filter((char) => !/\s/.test(char));
    for (const [i, char] of wanted.entries()) {
      at = this.text.indexOf(char, at);
      if (at < 0 || at >= node.end) return node.position;
      if (i < wanted.length - 1) at += char.length;
    }
    return this.positionAt(at);
  }
}

export function isNothing(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** Only the keys whose values are there. */
export function present<T extends Readonly<Record<string, unknown>>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function byKey(mapping: MappingNode): Entries {
  return new Map(mapping.entries.map((entry) => [entry.key, entry]));
}

function kindOf(node: YamlNode): string {
  if (node.kind === 'mapping') return 'a mapping';
  if (node.kind === 'sequence') return 'a list';
  return node.value === null ? 'nothing' : `${JSON.stringify(node.value)}`.slice(0, 80);
}

function isSplittable(text: string): boolean {
  try {
    splitTemplate(text);
    return true;
  } catch {
    return false;
  }
}
