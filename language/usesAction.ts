/**
 * The `action.yml` of an action that a `uses:` step names: GitHub's metadata format, for composite, JavaScript and Docker actions.
 * What GitHub's runner passes over (keys that it does not know at the root, in an input, in an output) is a warning; what it refuses is an error.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax
 */
import { type Diagnostic, sortDiagnostics, suggest, withSuggestion } from './diagnostics.js';
import type { Availability } from './expressions.js';
import { type Entries, isNothing, present, Reader } from './parsing/reader.js';
import { type MappingEntry, readYaml, type YamlNode } from './parsing/yamlTree.js';
import type { Scalar, Template } from './plan.js';
import { readRuns, type UsesRuns } from './usesRuns.js';

export type { CompositeRuns, DockerRuns, NodeRuns, UsesCompositeStep, UsesRuns } from './usesRuns.js';

/** An input of an action. GitHub enforces neither `required` nor a type: what is not given and has no default is ''. */
export interface UsesInput {
  readonly description: string;
  /** @default false */
  readonly required: boolean;
  /** A template over `github`, `strategy`, `matrix`, `job` and `runner`. */
  readonly default?: Scalar;
  /** Said as a warning to whoever gives the input. */
  readonly deprecationMessage?: string;
}

export interface UsesOutput {
  readonly description: string;
  /** Of a composite action: a template over its own `steps` and `inputs`. */
  readonly value?: Template;
}

/** An action, as JSON. */
export interface UsesAction {
  /** The title; '' where there is none. */
  readonly name: string;
  readonly description: string;
  readonly author?: string;
  /** By name as written; names compare without case. */
  readonly inputs: Readonly<Record<string, UsesInput>>;
  readonly outputs: Readonly<Record<string, UsesOutput>>;
  readonly runs: UsesRuns;
}

export interface ParsedUsesAction {
  /** Absent when there are diagnostics. */
  readonly action?: UsesAction;
  /** Errors: the action cannot be run. */
  readonly diagnostics: readonly Diagnostic[];
  /** What is passed over. */
  readonly warnings: readonly Diagnostic[];
}

const ROOT = ['name', 'description', 'author', 'inputs', 'outputs', 'runs', 'branding'];
const INPUT = ['description', 'required', 'default', 'deprecationMessage', 'type', 'options'];
const OUTPUT = ['description', 'value'];

const DEFAULT_SLOT: Availability = { contexts: ['github', 'strategy', 'matrix', 'job', 'runner', 'vars', 'inputs'], functions: ['hashfiles'] };
const OUTPUT_SLOT: Availability = {
  contexts: ['github', 'strategy', 'matrix', 'steps', 'inputs', 'job', 'runner', 'env', 'vars'], functions: ['hashfiles'],
};

/** @param file the file as a person would name it, for messages */
export function parseUsesAction(text: string, file: string): ParsedUsesAction {
  const tree = readYaml(text, file);
  const reader = new LenientReader(file, text, tree.positionAt);
  const action = tree.root && readAction(tree.root, reader);
  if (!tree.root && tree.diagnostics.length === 0) reader.problem({ line: 1, column: 1 }, 'the file is empty');
  const diagnostics = sortDiagnostics([...tree.diagnostics, ...reader.diagnostics]);
  const warnings = sortDiagnostics(reader.warnings);
  return diagnostics.length > 0 || !action ? { diagnostics, warnings } : { action, diagnostics, warnings };
}

/**
 * The action of `uses: docker://IMAGE`, or of a folder with a Dockerfile and no metadata: `with.entrypoint` and `with.args` say what it runs.
 * @param name what `uses:` says @param image with its `docker://`, or the Dockerfile's name
 */
export function imageAction(name: string, image: string): UsesAction {
  const input = (description: string) => ({ description, required: false });
  return {
    name, description: '', outputs: {},
    inputs: { entrypoint: input('The program that the container runs'), args: input('Its arguments, as one line of a shell') },
    runs: { using: 'docker', image, env: {}, preIf: 'always()', postIf: 'always()' },
  };
}

class LenientReader extends Reader {
  readonly warnings: Diagnostic[] = [];

  /** The entries of a mapping; a key that is not known is passed over with a warning. */
  lenientKeys(node: YamlNode, what: string, known: readonly string[]): Entries {
    const entries = this.mapping(node, what)?.entries ?? [];
    for (const { key, keyPosition: { line, column } } of entries) {
      if (known.includes(key)) continue;
      const message = `unknown key ${JSON.stringify(key)} in ${what} is passed over`;
      this.warnings.push({ file: this.file, line, column, message, ...withSuggestion(suggest(key, known)) });
    }
    return new Map(entries.map((entry) => [entry.key, entry]));
  }

  /** A text for people: an expression in it is an example. */
  words(node: YamlNode, what: string): string | undefined {
    return node.kind === 'scalar' ? String(node.value ?? '') : this.string(node, what);
  }
}

function readAction(root: YamlNode, reader: LenientReader): UsesAction | undefined {
  if (root.kind !== 'mapping') return reader.problem(root.position, 'an action must be a mapping with "runs"');
  const entries = reader.lenientKeys(root, 'the action', ROOT);
  const text = (key: string) => {
    const entry = entries.get(key);
    return entry && reader.words(entry.value, `"${key}"`);
  };
  const all = <T>(key: string, read: (entry: MappingEntry) => T): Readonly<Record<string, T>> => {
    const entry = entries.get(key);
    const named = (entry && reader.mapping(entry.value, `"${key}"`)?.entries) ?? [];
    return Object.fromEntries(named.map((one) => [one.key, read(one)]));
  };
  const runs = entries.get('runs');
  const base = {
    name: text('name') ?? '',
    description: text('description') ?? '',
    ...present({ author: text('author') }),
    inputs: all('inputs', (entry) => readInput(entry, reader)),
    outputs: all('outputs', (entry) => readOutput(entry, reader)),
  };
  if (!runs) return reader.problem(root.position, '"runs" is missing: it says what the action runs');
  const read = readRuns(runs.value, reader);
  return read && { ...base, runs: read };
}

function readInput({ key, value }: MappingEntry, reader: LenientReader): UsesInput {
  if (isNothing(value)) return { description: '', required: false };
  const entries = reader.lenientKeys(value, `input ${key}`, INPUT);
  const [description, required, fallback, deprecated] = ['description', 'required', 'default', 'deprecationMessage'].map((name) => entries.get(name)?.value);
  return {
    description: (description && reader.words(description, `${key}.description`)) ?? '',
    // Files of others say `required: "true"`, or leave it empty: nothing depends on it.
    required: required?.kind === 'scalar' && String(required.value).toLowerCase() === 'true',
    ...present({
      default: fallback && reader.scalar(fallback, `${key}.default`, DEFAULT_SLOT),
      deprecationMessage: deprecated && reader.words(deprecated, `${key}.deprecationMessage`),
    }),
  };
}

function readOutput({ key, value }: MappingEntry, reader: LenientReader): UsesOutput {
  if (isNothing(value)) return { description: '' };
  const entries = reader.lenientKeys(value, `output ${key}`, OUTPUT);
  const [description, template] = [entries.get('description')?.value, entries.get('value')?.value];
  return {
    description: (description && reader.words(description, `${key}.description`)) ?? '',
    ...present({ value: template && reader.string(template, `${key}.value`, OUTPUT_SLOT) }),
  };
}
