/** One step of a job. */
import type { RunStepDefinition, StepDefinition, UsesStepDefinition } from '../definition.js';
import { suggest } from '../diagnostics.js';
import { type JobId, stepAddress } from '../ids.js';
import { hasExpression } from '../templates.js';
import { SLOTS } from './availability.js';
import { readShellAndFolder } from './defaults.js';
import { STEP_KEYS } from './knownKeys.js';
import { type Entries, present, type Reader } from './reader.js';
import { readRetry } from './retry.js';
import type { MappingEntry, YamlNode } from './yamlTree.js';

/** GitHub's limit of a `run:`, in characters. */
const LONGEST_RUN = 21_000;

/** @param number the step's place in its job, from 1 */
export function readStep(node: YamlNode, job: JobId, number: number, reader: Reader): StepDefinition | undefined {
  if (node.kind !== 'mapping') return reader.problem(node.position, 'a step must be a mapping with "run" or "uses"');
  const entries = reader.keys(node, 'a step', STEP_KEYS);
  const [run, uses] = [entries.get('run'), entries.get('uses')];
  const base = readBase(entries, node, job, number, reader);
  if (run && uses) return reader.problem(uses.keyPosition, 'a step has "run" or "uses", not both');
  if (run) return readRun(base, entries, run, reader);
  if (uses) return readUses(base, entries, uses, reader);
  const later = node.entries.some(({ key }) => STEP_KEYS.notYet.includes(key) || !STEP_KEYS.known.includes(key));
  return later ? undefined : reader.problem(node.position, 'a step needs "run" or "uses"');
}

type StepBase = Omit<RunStepDefinition, 'kind' | 'name' | 'run'> & { readonly name?: string };

function readBase(entries: Entries, node: YamlNode, job: JobId, number: number, reader: Reader): StepBase {
  const read = <T>(key: string, reading: (node: YamlNode) => T | undefined): T | undefined => {
    const entry = entries.get(key);
    return entry && reading(entry.value);
  };
  const id = read('id', (node) => readId(node, reader));
  return {
    address: stepAddress(job, id ?? number),
    position: node.position,
    env: read('env', (node) => reader.values(node, 'env', SLOTS.step)) ?? {},
    continueOnError: read('continue-on-error', (node) => reader.boolean(node, '"continue-on-error"', SLOTS.step)) ?? false,
    ...present({
      id,
      name: read('name', (node) => reader.string(node, '"name"', SLOTS.step)) || undefined,
      if: read('if', (node) => reader.condition(node, SLOTS.stepIf)),
      timeoutMinutes: read('timeout-minutes', (node) => reader.number(node, '"timeout-minutes"', { above: 0 }, SLOTS.step)),
      retry: read('retry', (node) => readRetry(node, reader)),
    }),
  };
}

function readId(node: YamlNode, reader: Reader): string | undefined {
  const id = reader.nonEmpty(node, '"id"');
  if (id === undefined || hasExpression(id) || (/^[A-Za-z_][\w-]*$/.test(id) && id.length <= 100 && !id.startsWith('__'))) return id;
  const rule = 'start with a letter or "_" (not two), then letters, digits, "-" or "_", at most 100';
  return reader.problem(node.position, `${JSON.stringify(id.slice(0, 120))} is not a step's id: ${rule}`);
}

function readRun(base: StepBase, entries: Entries, { value }: MappingEntry, reader: Reader): RunStepDefinition | undefined {
  refuse(entries, ['with'], '"uses"', reader);
  const run = reader.nonEmpty(value, '"run"', SLOTS.step);
  const undo = entries.get('undo');
  const settings = {
    ...readShellAndFolder(entries, undefined, SLOTS.step, reader),
    ...present({ undo: undo && reader.nonEmpty(undo.value, '"undo"', SLOTS.step) }),
  };
  if (run === undefined) return undefined;
  if (run.length > LONGEST_RUN) reader.problem(value.position, `"run" has ${run.length} characters, and ${LONGEST_RUN} is the most: put the script into a file`);
  const firstLine = run.trim().split('\n')[0]!.slice(0, 80);
  return { kind: 'run', ...base, name: base.name ?? `Run ${firstLine}`, run, ...settings };
}

function readUses(base: StepBase, entries: Entries, { value }: MappingEntry, reader: Reader): UsesStepDefinition | undefined {
  refuse(entries, ['shell', 'working-directory', 'undo'], '"run"', reader);
  const withNode = entries.get('with')?.value;
  const withValues = withNode ? reader.values(withNode, 'with', SLOTS.step) : {};
  const withEntries = withNode?.kind === 'mapping' ? withNode.entries : [];
  const uses = reader.nonEmpty(value, '"uses"');
  if (uses === undefined || !checkUses(uses, value, reader)) return undefined;
  return {
    kind: 'action', ...base, name: base.name ?? `Run ${uses}`, uses, usesPosition: value.position, with: withValues,
    withPositions: new Map(withEntries.map(({ key, keyPosition, value }) => [key, { key: keyPosition, value: value.position }])),
  };
}

/** The built-in actions are all that we run so far. */
function checkUses(uses: string, node: YamlNode, reader: Reader): boolean {
  const shown = JSON.stringify(uses.slice(0, 120));
  const [, owner, name, ref] = /^([\w.-]+)\/([\w./-]+?)(?:@(.*))?$/.exec(uses) ?? [];
  if (owner === 'fleetwright' && ref === 'v1') return true;
  if (hasExpression(uses)) return false;
  if (owner === 'fleetwright') {
    reader.problem(node.position, `${shown} has no version that is there`, `did you mean "fleetwright/${name}@v1"?`);
  } else if (uses.startsWith('./') || uses.startsWith('docker://') || (owner && ref)) {
    const near = owner && suggest(owner, ['fleetwright']);
    const rule = `an action that is not built in is known to GitHub, and Fleetwright does not do it yet: use fleetwright/NAME@v1, not ${shown}`;
    reader.problem(node.position, rule, near && `did you mean "fleetwright/${name}@v1"?`);
  } else {
    reader.problem(node.position, `${shown} is not an action: write fleetwright/NAME@v1`);
  }
  return false;
}

function refuse(entries: Entries, keys: readonly string[], goesWith: string, reader: Reader): void {
  for (const key of keys) {
    const entry = entries.get(key);
    if (entry) reader.problem(entry.keyPosition, `"${key}" goes with ${goesWith}`);
  }
}
