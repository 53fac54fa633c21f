/** An action's `action.yml`: GitHub's metadata format, with types and limits of inputs added. The documentation is made from it. */
import { type Diagnostic, formatDiagnostic, sortDiagnostics, suggest } from './diagnostics.js';
import { coerceInput } from './inputValues.js';
import { present, Reader } from './parsing/reader.js';
import { type MappingEntry, readYaml, type YamlNode } from './parsing/yamlTree.js';
import type { InputType, Scalar } from './plan.js';

/** What a text means on the host on which a run works; `infra/host/values.ts` judges it there. */
export const VALUE_FORMATS = ['private-key', 'unit-files', 'inventory'] as const;
export type ValueFormat = (typeof VALUE_FORMATS)[number];

export interface ActionInputDefinition {
  readonly description: string;
  /** @default string */
  readonly type: InputType;
  /** @default false */
  readonly required: boolean;
  readonly default?: Scalar;
  /** Limits of a number, both included, each with why it is there. */
  readonly minimum?: number;
  readonly minimumHint?: string;
  readonly maximum?: number;
  readonly maximumHint?: string;
  /** Whether a number must be whole. @default false */
  readonly integer: boolean;
  /** Source of a regular expression that a text must match as a whole, and the rule in words. */
  readonly pattern?: string;
  readonly patternHint?: string;
  readonly options?: readonly string[];
  readonly format?: ValueFormat;
}

export interface ActionDefinition {
  /** The file as it was named. */
  readonly file: string;
  /** The title: `Boot servers`. */
  readonly name: string;
  readonly description: string;
  /** By name; a Map, because a name can be anything. */
  readonly inputs: ReadonlyMap<string, ActionInputDefinition>;
  readonly outputs: ReadonlyMap<string, { readonly description: string }>;
  /** The type of the activity that does it. */
  readonly activity: string;
  /** The type of the activity that undoes it. */
  readonly undo?: string;
}

export interface ParsedAction {
  /** Absent when there are diagnostics. */
  readonly action?: ActionDefinition;
  readonly diagnostics: readonly Diagnostic[];
}

const ROOT = { known: ['name', 'description', 'inputs', 'outputs', 'runs'], notYet: ['author', 'branding'] };
const INPUT = {
  known: [
    'description', 'required', 'default', 'type', 'minimum', 'minimum-hint', 'maximum', 'maximum-hint', 'integer', 'pattern', 'pattern-hint', 'options',
    'format',
  ],
  notYet: ['deprecationMessage'],
};
const OUTPUT = { known: ['description'], notYet: ['value'] };
const RUNS = {
  known: ['using', 'activity', 'undo'],
  notYet: ['main', 'pre', 'post', 'pre-if', 'post-if', 'steps', 'image', 'args', 'entrypoint', 'env'],
};
const TYPES: readonly InputType[] = ['string', 'number', 'boolean'];

export function parseActionFile(text: string, file: string): ParsedAction {
  const tree = readYaml(text, file);
  const reader = new Reader(file, text, tree.positionAt);
  const action = tree.root && readAction(tree.root, reader);
  if (!tree.root && tree.diagnostics.length === 0) reader.problem({ line: 1, column: 1 }, 'the file is empty');
  const diagnostics = sortDiagnostics([...tree.diagnostics, ...reader.diagnostics]);
  return diagnostics.length > 0 || !action ? { diagnostics } : { action, diagnostics };
}

/** An action's file, as it was read. */
export interface ActionFile {
  /** The action's name: that of its folder. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** The actions of these files by name. @throws InvalidActionsError with all that is wrong with them */
export function parseActionFiles(files: readonly ActionFile[]): ReadonlyMap<string, ActionDefinition> {
  const parsed = files.map(({ name, path, text }) => ({ name, ...parseActionFile(text, path) }));
  const problems = parsed.flatMap(({ diagnostics }) => diagnostics.map(formatDiagnostic));
  if (problems.length > 0) throw new InvalidActionsError(problems.join('\n'));
  return new Map(parsed.flatMap(({ name, action }) => (action ? [[name, action] as const] : [])));
}

/** The built-in actions, by name. */
export type Actions = Pick<ReadonlyMap<string, ActionDefinition>, 'get' | 'keys'>;

/** The same, each file read when its action is asked for: most workflow files use none of them. `get` throws InvalidActionsError. */
export function actionsOf(files: readonly ActionFile[]): Actions {
  const texts = new Map(files.map((file) => [file.name, file]));
  const known = new Map<string, ActionDefinition | undefined>();
  return {
    keys: () => texts.keys(),
    get: (name) => {
      const file = texts.get(name);
      if (file !== undefined && !known.has(name)) known.set(name, parseActionFiles([file]).get(name));
      return known.get(name);
    },
  };
}

/** The built-in actions' own files are wrong. */
export class InvalidActionsError extends Error {
  override readonly name = 'InvalidActionsError';
}

function readAction(root: YamlNode, reader: Reader): ActionDefinition | undefined {
  const entries = reader.keys(root, 'the action', ROOT);
  const text = (key: string) => {
    const entry = entries.get(key);
    return entry ? reader.nonEmpty(entry.value, `"${key}"`) : reader.problem(root.position, `"${key}" is missing`);
  };
  const all = (key: string): readonly MappingEntry[] => {
    const entry = entries.get(key);
    return (entry && reader.mapping(entry.value, `"${key}"`)?.entries) || [];
  };
  const inputs = all('inputs').map((entry) => [entry.key, readInput(entry, reader)] as const);
  const outputs = all('outputs').map((entry) => [entry.key, readOutput(entry, reader)] as const);
  const runs = readRuns(entries.get('runs')?.value, root, reader);
  const [name, description] = [text('name'), text('description')];
  if (name === undefined || description === undefined || !runs) return undefined;
  return { file: reader.file, name, description, inputs: new Map(inputs), outputs: new Map(outputs), ...runs };
}

function readRuns(node: YamlNode | undefined, root: YamlNode, reader: Reader): Pick<ActionDefinition, 'activity' | 'undo'> | undefined {
  if (!node) return reader.problem(root.position, '"runs" is missing');
  const entries = reader.keys(node, 'runs', RUNS);
  const using = entries.get('using');
  const kind = using && reader.string(using.value, '"using"');
  if (kind !== 'activity') return reader.problem(using?.value.position ?? node.position, '"using" must be activity');
  const name = (key: string) => {
    const entry = entries.get(key);
    return entry && readActivityName(entry.value, key, reader);
  };
  const [activity, undo] = [name('activity'), name('undo')];
  if (!entries.has('activity')) reader.problem(node.position, '"activity" is missing');
  return activity === undefined ? undefined : { activity, ...present({ undo }) };
}

function readActivityName(node: YamlNode, what: string, reader: Reader): string | undefined {
  const name = reader.nonEmpty(node, `"${what}"`);
  if (name === undefined || /^[a-z][a-z0-9-]*$/.test(name)) return name;
  return reader.problem(node.position, `${JSON.stringify(name)} is not an activity: use lower-case letters, digits and dashes`);
}

function readOutput({ key, value }: MappingEntry, reader: Reader): { readonly description: string } {
  const description = reader.keys(value, `output ${key}`, OUTPUT).get('description');
  return { description: (description && reader.string(description.value, `${key}.description`)) ?? '' };
}

function readInput({ key: name, keyPosition, value }: MappingEntry, reader: Reader): ActionInputDefinition {
  const entries = reader.keys(value, `input ${name}`, INPUT);
  const get = <T>(key: string, read: (node: YamlNode, what: string) => T | undefined): T | undefined => {
    const entry = entries.get(key);
    return entry && read(entry.value, `${name}.${key}`);
  };
  const text = (key: string) => get(key, (node, what) => reader.string(node, what));
  const number = (key: string) => get(key, (node, what) => reader.number(node, what, {}) as number | undefined);
  const type = get('type', (node, what) => readType(node, what, reader)) ?? 'string';
  for (const key of ['minimum', 'maximum', 'integer']) refuseUnless('number', key);
  for (const key of ['pattern', 'options', 'format']) refuseUnless('string', key);
  return {
    type,
    description: text('description') ?? '',
    required: get('required', (node, what) => reader.boolean(node, what)) === true,
    integer: get('integer', (node, what) => reader.boolean(node, what)) === true,
    ...present({
      default: get('default', (node, what) => readDefault(node, what, type, reader)),
      minimum: number('minimum'), minimumHint: text('minimum-hint'),
      maximum: number('maximum'), maximumHint: text('maximum-hint'),
      pattern: get('pattern', (node, what) => readPattern(node, what, reader)), patternHint: text('pattern-hint'),
      options: get('options', (node, what) => reader.list(node, what).map((option) => option.text)),
      format: get('format', (node, what) => readFormat(node, what, reader)),
    }),
  };

  function refuseUnless(wanted: InputType, key: string): void {
    if (type !== wanted && entries.has(key)) reader.problem(keyPosition, `input ${name} is a ${type}, and "${key}" is for a ${wanted}`);
  }
}

function readType(node: YamlNode, what: string, reader: Reader): InputType | undefined {
  const type = reader.string(node, what);
  if (type === undefined || (TYPES as readonly string[]).includes(type)) return type as InputType | undefined;
  return reader.problem(node.position, `unknown type ${JSON.stringify(type)}: use ${TYPES.join(', ')}`, suggest(type, TYPES));
}

function readFormat(node: YamlNode, what: string, reader: Reader): ValueFormat | undefined {
  const format = reader.string(node, what);
  if (format === undefined || (VALUE_FORMATS as readonly string[]).includes(format)) return format as ValueFormat | undefined;
  return reader.problem(node.position, `unknown format ${JSON.stringify(format)}: use ${VALUE_FORMATS.join(', ')}`, suggest(format, VALUE_FORMATS));
}

function readDefault(node: YamlNode, what: string, type: InputType, reader: Reader): Scalar | undefined {
  const given = reader.scalar(node, what);
  if (given === undefined) return undefined;
  const { value, problem } = coerceInput(given, type);
  return problem === undefined ? value : reader.problem(node.position, `${what}: ${problem}`);
}

function readPattern(node: YamlNode, what: string, reader: Reader): string | undefined {
  const pattern = reader.nonEmpty(node, what);
  try {
    if (pattern !== undefined) new RegExp(pattern, 'u');
    return pattern;
  } catch (error) {
    return reader.problem(node.position, `${what} is no regular expression: ${(error as Error).message}`);
  }
}
