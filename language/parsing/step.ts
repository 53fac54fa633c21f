/** One step of a job. */
import type { ActionStepDefinition, ControlStepDefinition, RunStepDefinition, StepDefinition, UsesStepDefinition } from '../definition.js';
import { ID_PATTERN, ID_RULE, type JobId, stepAddress } from '../ids.js';
import { scriptName } from '../scriptName.js';
import { hasExpression } from '../templates.js';
import { SLOTS } from './availability.js';
import { readShell } from './defaults.js';
import { STEP_KEYS, STEP_KINDS } from './knownKeys.js';
import { type Entries, isNothing, present, type Reader } from './reader.js';
import { readRetry } from './retry.js';
import { checkActionReference } from './usesReference.js';
import type { MappingEntry, YamlNode } from './yamlTree.js';

/** GitHub's limit of a `run:`, in characters. */
const LONGEST_RUN = 21_000;

export type StepKind = (typeof STEP_KINDS)[number];
type StepBase = Omit<RunStepDefinition, 'kind' | 'name' | 'run'> & { readonly name?: string };

/** The keys that go with each kind; `name` and `id` do with all but `parallel`. */
const KEYS_OF: Readonly<Record<StepKind, readonly string[]>> = {
  run: ['if', 'env', 'shell', 'working-directory', 'timeout-minutes', 'continue-on-error', 'background', 'retry', 'undo'],
  uses: ['if', 'with', 'env', 'timeout-minutes', 'continue-on-error', 'background', 'retry'],
  wait: ['continue-on-error'],
  'wait-all': ['continue-on-error'],
  cancel: ['continue-on-error'],
  parallel: [],
};

/** What a key belongs to, for messages. */
const BELONGS: Readonly<Record<string, string>> = { with: '"uses"', shell: '"run"', 'working-directory': '"run"', undo: '"run"' };

export interface StepEntries {
  readonly kind: StepKind;
  readonly entries: Entries;
  readonly value: MappingEntry;
}

/** What kind of a step it is, and its keys; undefined, with diagnostics, when it is none. */
export function readStepKind(node: YamlNode, reader: Reader): StepEntries | undefined {
  if (node.kind !== 'mapping') return reader.problem(node.position, 'a step must be a mapping with "run" or "uses"');
  const entries = reader.keys(node, 'a step', STEP_KEYS);
  const [kind, second] = STEP_KINDS.filter((key) => entries.has(key));
  if (second) return reader.problem(entries.get(second)!.keyPosition, `a step has ${JSON.stringify(kind)} or ${JSON.stringify(second)}, not both`);
  if (!kind) {
    const unknown = node.entries.some(({ key }) => !STEP_KEYS.known.includes(key));
    return unknown ? undefined : reader.problem(node.position, 'a step needs "run" or "uses"');
  }
  const fitting = [kind, ...(kind === 'parallel' ? [] : ['name', 'id']), ...KEYS_OF[kind]];
  for (const { key, keyPosition } of node.entries) {
    if (STEP_KEYS.known.includes(key) && !fitting.includes(key)) reader.problem(keyPosition, `"${key}" goes with ${BELONGS[key] ?? '"run" and "uses"'}`);
  }
  return { kind, entries, value: entries.get(kind)! };
}

/** @param own the id or number by which the step is addressed where it has no id of its own */
export function readStep({ kind, entries, value }: StepEntries, at: YamlNode['position'], job: JobId, own: string | number, reader: Reader): StepDefinition | undefined {
  const base = readBase(entries, at, job, own, reader);
  switch (kind) {
    case 'run':
      return readRun(base, entries, value, reader);
    case 'uses':
      return readUses(base, entries, value, reader);
    case 'parallel':
      return undefined;
    default:
      return readControl(kind, base, value.value, reader);
  }
}

function readBase(entries: Entries, position: YamlNode['position'], job: JobId, own: string | number, reader: Reader): StepBase {
  const read = <T>(key: string, reading: (node: YamlNode) => T | undefined): T | undefined => {
    const entry = entries.get(key);
    return entry && reading(entry.value);
  };
  const id = read('id', (node) => readId(node, reader));
  return {
    address: stepAddress(job, id ?? own),
    position,
    env: read('env', (node) => reader.values(node, 'env', SLOTS.step)) ?? {},
    continueOnError: read('continue-on-error', (node) => reader.boolean(node, '"continue-on-error"', SLOTS.step)) ?? false,
    ...present({
      id,
      name: read('name', (node) => reader.string(node, '"name"', SLOTS.step)) || undefined,
      if: read('if', (node) => reader.condition(node, SLOTS.stepIf)),
      timeoutMinutes: read('timeout-minutes', (node) => reader.number(node, '"timeout-minutes"', {}, SLOTS.step)),
      retry: read('retry', (node) => readRetry(node, reader)),
      background: read('background', (node) => reader.boolean(node, '"background"')) === true || undefined,
    }),
  };
}

function readId(node: YamlNode, reader: Reader): string | undefined {
  const id = reader.nonEmpty(node, '"id"');
  if (id === undefined || hasExpression(id) || ID_PATTERN.test(id)) return id;
  return reader.problem(node.position, `${JSON.stringify(id.slice(0, 120))} is not a step's id: ${ID_RULE}`);
}

function readRun(base: StepBase, entries: Entries, { value }: MappingEntry, reader: Reader): RunStepDefinition | undefined {
  const run = reader.within({ script: true }, () => reader.string(value, '"run"', SLOTS.step));
  const [shell, folder, undo] = [entries.get('shell'), entries.get('working-directory'), entries.get('undo')];
  const settings = present({
    shell: shell && readShell(shell.value, undefined, reader),
    // Empty, it is the workspace, whatever the defaults say.
    workingDirectory: folder && reader.string(folder.value, '"working-directory"', SLOTS.step),
    undo: undo && reader.nonEmpty(undo.value, '"undo"', SLOTS.step),
  });
  if (run === undefined) return undefined;
  if (run.length > LONGEST_RUN) reader.problem(value.position, `"run" has ${run.length} characters, and ${LONGEST_RUN} is the most: put the script into a file`);
  return { kind: 'run', ...base, name: base.name ?? scriptName(run), run, ...settings };
}

function readUses(base: StepBase, entries: Entries, { value }: MappingEntry, reader: Reader): ActionStepDefinition | UsesStepDefinition | undefined {
  const withNode = entries.get('with')?.value;
  const withValues = withNode ? reader.values(withNode, 'with', SLOTS.step) : {};
  const uses = reader.nonEmpty(value, '"uses"')?.trim();
  const owner = uses === undefined ? undefined : checkActionReference(uses, value, reader);
  if (uses === undefined || owner === undefined) return undefined;
  const step = { ...base, name: base.name ?? `Run ${uses}`, uses, with: withValues };
  const positions = { usesPosition: value.position, withPositions: reader.positions(withNode) };
  return owner === 'other' ? { kind: 'uses', ...step, ...positions } : { kind: 'action', ...step, ...positions };
}

/** What the targets name is checked when all steps of the job are known. */
function readControl(kind: 'wait' | 'wait-all' | 'cancel', base: StepBase, node: YamlNode, reader: Reader): ControlStepDefinition | undefined {
  if (kind === 'wait-all') {
    const all = isNothing(node) ? true : reader.boolean(node, '"wait-all"');
    if (all === false) reader.problem(node.position, '"wait-all" must be true, or nothing');
    return { kind: 'wait', ...base, name: base.name ?? 'Wait for all' };
  }
  const targets = kind === 'wait' ? reader.list(node, '"wait"').map(({ text }) => text) : [reader.nonEmpty(node, '"cancel"')].filter((target) => target !== undefined);
  if (targets.length === 0) {
    if (isNothing(node) || node.kind === 'sequence') reader.problem(node.position, `"${kind}" needs the id of a background step`);
    return undefined;
  }
  return { kind, ...base, name: base.name ?? `${kind === 'wait' ? 'Wait for' : 'Cancel'} ${targets.join(', ')}`, targets };
}
