/**
 * YAML text as a small tree with positions. With `yamlLimits`, all that knows the `yaml` package.
 *
 * 1. Aliases are followed here, so a node may stand at several places of the tree; the tree has no cycle.
 * 2. Text that would take too much time or memory (size, depth, aliases of aliases) is a diagnostic, before it is walked.
 * 3. Nothing throws.
 */
import { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type YAMLMap } from 'yaml';
import type { Diagnostic, Position } from '../diagnostics.js';
import type { Scalar } from '../plan.js';
import { byteLength, MOST_BYTES, MOST_DEPTH, MOST_VALUES, readTokens } from './yamlLimits.js';

interface NodeBase {
  readonly position: Position;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
}
export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  readonly value: Scalar | null;
}
export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence';
  readonly items: readonly YamlNode[];
}
export interface MappingEntry {
  readonly key: string;
  readonly keyPosition: Position;
  readonly value: YamlNode;
}
export interface MappingNode extends NodeBase {
  readonly kind: 'mapping';
  readonly entries: readonly MappingEntry[];
}
export type YamlNode = ScalarNode | SequenceNode | MappingNode;

export interface YamlTree {
  /** Absent when there is nothing that could be read. */
  readonly root?: YamlNode;
  readonly diagnostics: readonly Diagnostic[];
  readonly positionAt: (offset: number) => Position;
}

/** One slip can make many errors; a person mends the first ones. */
const MOST_YAML_ERRORS = 20;

type Report = (offset: number, message: string) => void;

export function readYaml(text: string, file: string): YamlTree {
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    // Before anything is read the package counts from 0.
    return line === 0 ? { line: 1, column: 1 } : { line, column: col };
  };
  const diagnostics: Diagnostic[] = [];
  const report: Report = (offset, message) => void diagnostics.push({ file, ...positionAt(offset), message });
  const root = compose(text, lines, report, positionAt);
  return { ...(root ? { root } : {}), diagnostics, positionAt };
}

/** A plain JSON value of the node. */
export function toJson(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'sequence':
      return node.items.map(toJson);
    case 'mapping':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, toJson(value)]));
  }
}

function compose(text: string, lines: LineCounter, report: Report, positionAt: YamlTree['positionAt']): YamlNode | undefined {
  const bytes = byteLength(text);
  if (bytes > MOST_BYTES) return void report(0, `the file has ${bytes} bytes, and ${MOST_BYTES} is the most`);
  const read = readTokens(text, lines);
  if ('tooDeepAt' in read) return void report(read.tooDeepAt, nestedTooDeep);
  const [document, second] = [...new Composer({ uniqueKeys: false }).compose(read.tokens, true, text.length)];
  const errors = [...(document?.errors ?? []), ...(second?.errors ?? [])];
  for (const error of errors.slice(0, MOST_YAML_ERRORS)) report(error.pos[0], describe(error.message));
  if (second) report(second.range[0], 'the file holds a second YAML document, and one is the most');
  if (!document?.contents || document.errors.length > 0) return undefined;
  return new TreeBuilder(positionAt, report).node(document.contents as Node, 1);
}

const nestedTooDeep = `this is nested more than ${MOST_DEPTH} deep`;

/** The package's sentence as ours: one line, no capital, no full stop. */
function describe(message: string): string {
  const line = message.split('\n')[0]!.trim().replace(/\.$/, '');
  return `not YAML: ${line.charAt(0).toLowerCase()}${line.slice(1)}`;
}

class TreeBuilder {
  /** Undefined while the anchored value is being built. */
  readonly #anchors = new Map<string, YamlNode | undefined>();
  /** Values and depth of each node, aliases written out: how a bomb is found without being unfolded. */
  readonly #weights = new Map<YamlNode, { readonly values: number; readonly depth: number }>();
  #values = 0;
  #stopped = false;

  constructor(private readonly positionAt: YamlTree['positionAt'], private readonly report: Report) {}

  node(node: Node, depth: number): YamlNode | undefined {
    if (this.#stopped) return undefined;
    const start = node.range?.[0] ?? 0;
    const built = isAlias(node) ? this.#aliased(node.source, start) : this.#anchored(node, depth, start);
    if (!built) return undefined;
    const weight = this.#weights.get(built)!;
    this.#values += isAlias(node) ? weight.values : 1;
    if (this.#values > MOST_VALUES) return this.#stop(start, `with its aliases written out, the file has more than ${MOST_VALUES} values`);
    if (depth + weight.depth - 1 > MOST_DEPTH) return this.#stop(start, nestedTooDeep);
    return built;
  }

  #aliased(name: string, start: number): YamlNode | undefined {
    const node = this.#anchors.get(name);
    if (node) return node;
    const inside = this.#anchors.has(name);
    this.report(start, inside ? `the alias *${name} stands inside of what it names` : `no anchor &${name} comes before the alias *${name}`);
    return undefined;
  }

  #anchored(node: Node, depth: number, start: number): YamlNode | undefined {
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor) this.#anchors.set(anchor, undefined);
    const built = this.#built(node, depth, start);
    if (built) this.#weigh(built);
    if (anchor && built) this.#anchors.set(anchor, built);
    return built;
  }

  #built(node: Node, depth: number, start: number): YamlNode | undefined {
    const base = { position: this.positionAt(start), start, end: node.range?.[1] ?? start };
    if (isScalar(node)) return { kind: 'scalar', ...base, value: this.#scalar(node.value, start) };
    if (isMap(node)) return { kind: 'mapping', ...base, entries: this.#entries(node, depth, start) };
    if (!isSeq(node)) return undefined;
    const items = node.items.map((item) => (item ? this.node(item as Node, depth + 1) : this.#nothing(start)));
    return { kind: 'sequence', ...base, items: items.filter((item) => item !== undefined) };
  }

  #entries(map: YAMLMap, depth: number, start: number): readonly MappingEntry[] {
    const first = new Map<string, MappingEntry>();
    const entries: MappingEntry[] = [];
    for (const pair of map.items) {
      const keyNode = pair.key as Node | null;
      const at = keyNode?.range ?? [start, start];
      const key = this.#key(keyNode, at[0]);
      const value = pair.value ? this.node(pair.value as Node, depth + 1) : this.#nothing(at[1]);
      if (key === undefined || !value) continue;
      const entry = { key, keyPosition: this.positionAt(at[0]), value };
      const earlier = first.get(key.toLowerCase());
      if (earlier) this.#duplicate(entry, earlier, at[0]);
      else first.set(key.toLowerCase(), entry);
      entries.push(entry);
    }
    return entries;
  }

  /** GitHub compares keys without case. */
  #duplicate({ key }: MappingEntry, earlier: MappingEntry, at: number): void {
    const note = earlier.key === key ? '' : `, as ${JSON.stringify(earlier.key)}: case does not tell keys apart`;
    this.report(at, `${JSON.stringify(key)} is already defined in line ${earlier.keyPosition.line}${note}`);
  }

  #key(key: Node | null, at: number): string | undefined {
    const named = isAlias(key) ? this.#anchors.get(key.source) : undefined;
    const value = isScalar(key) ? key.value : named?.kind === 'scalar' ? named.value : undefined;
    if (isScalar(key) && key.anchor) this.#anchored(key, 0, at);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    this.report(at, 'a key must be a text');
    return undefined;
  }

  #scalar(value: unknown, start: number): Scalar | null {
    if (value === null || value === undefined) return null;
    if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
    this.report(start, 'this is no text, number or boolean: quote it if it is a text');
    return null;
  }

  #nothing(offset: number): ScalarNode {
    const node: ScalarNode = { kind: 'scalar', position: this.positionAt(offset), start: offset, end: offset, value: null };
    this.#weigh(node);
    return node;
  }

  #weigh(node: YamlNode): void {
    const children = node.kind === 'sequence' ? node.items : node.kind === 'mapping' ? node.entries.map(({ value }) => value) : [];
    const weights = children.map((child) => this.#weights.get(child)!);
    const values = weights.reduce((sum, weight) => sum + weight.values, 1);
    this.#weights.set(node, { values, depth: weights.reduce((most, { depth }) => Math.max(most, depth), 0) + 1 });
  }

  #stop(offset: number, message: string): undefined {
    if (!this.#stopped) this.report(offset, message);
    this.#stopped = true;
  }
}
