/** The steps of a composite action. */
import type { Availability } from './expressions.js';
import { ID_PATTERN, ID_RULE, type StepAddress } from './ids.js';
import { isOwn, ownProblem } from './usesOwn.js';
import { type Entries, present, type Reader } from './parsing/reader.js';
import type { MappingEntry, YamlNode } from './parsing/yamlTree.js';
import type { RunStepPlan, UsesStepPlan } from './plan.js';
import { scriptName } from './scriptName.js';
import { hasExpression } from './templates.js';

/** Its address is its id, or its number from 1: it stands in the action's own scope, below the step that uses the action. */
export type UsesCompositeStep = RunStepPlan | UsesStepPlan;

const CONTEXTS = ['github', 'inputs', 'strategy', 'matrix', 'steps', 'job', 'runner', 'env', 'vars'];
const STEP: Availability = { contexts: CONTEXTS, functions: ['hashfiles'] };
const STEP_IF: Availability = { contexts: CONTEXTS, functions: ['success', 'failure', 'always', 'cancelled', 'hashfiles'] };

const BASE = ['id', 'name', 'if', 'env', 'continue-on-error'];
const RUN = [...BASE, 'run', 'shell', 'working-directory'];
const USES = [...BASE, 'uses', 'with'];

export function readCompositeSteps(node: YamlNode, reader: Reader): readonly UsesCompositeStep[] {
  if (node.kind !== 'sequence') return reader.problem(node.position, '"steps" must be a list of steps') ?? [];
  const steps = node.items.map((item, at) => readStep(item, at + 1, reader));
  refuseSameIds(node.items, steps, reader);
  return steps.filter((step) => step !== undefined);
}

function readStep(node: YamlNode, number: number, reader: Reader): UsesCompositeStep | undefined {
  if (node.kind !== 'mapping') return reader.problem(node.position, 'a step must be a mapping with "run" or "uses"');
  const find = (name: string): MappingEntry | undefined => node.entries.find(({ key }) => key === name);
  const [run, uses] = [find('run'), find('uses')];
  if (run && uses) return reader.problem(uses.keyPosition, 'a step has "run" or "uses", not both');
  const known = run ? RUN : uses ? USES : [...new Set([...RUN, ...USES])];
  const entries = reader.keys(node, 'a step of a composite action', { known, notYet: [] });
  const base = readBase(entries, number, reader);
  if (run) return readRun(base, entries, node, reader);
  if (uses) return readUses(base, entries, uses.value, reader);
  return reader.problem(node.position, 'a step needs "run" or "uses"');
}

type StepBase = Omit<RunStepPlan, 'kind' | 'name' | 'run'> & { readonly name?: string };

function readBase(entries: Entries, number: number, reader: Reader): StepBase {
  const read = <T>(key: string, reading: (node: YamlNode) => T | undefined): T | undefined => {
    const entry = entries.get(key);
    return entry && reading(entry.value);
  };
  const id = read('id', (node) => readId(node, reader));
  return {
    address: (id ?? String(number)) as StepAddress,
    env: read('env', (node) => reader.values(node, 'env', STEP)) ?? {},
    continueOnError: read('continue-on-error', (node) => reader.boolean(node, '"continue-on-error"', STEP)) ?? false,
    ...present({
      id,
      name: read('name', (node) => reader.string(node, '"name"', STEP)) || undefined,
      if: read('if', (node) => reader.condition(node, STEP_IF)),
    }),
  };
}

function readId(node: YamlNode, reader: Reader): string | undefined {
  const id = reader.nonEmpty(node, '"id"');
  if (id === undefined || ID_PATTERN.test(id)) return id;
  return reader.problem(node.position, `${JSON.stringify(id.slice(0, 120))} is not a step's id: ${ID_RULE}`);
}

function readRun(base: StepBase, entries: Entries, node: YamlNode, reader: Reader): RunStepPlan | undefined {
  const text = (key: string) => {
    const entry = entries.get(key);
    return entry && reader.nonEmpty(entry.value, `"${key}"`, STEP);
  };
  if (!entries.has('shell')) reader.problem(node.position, '"shell" is missing: a "run" of a composite action says its shell, such as shell: bash');
  const run = reader.string(entries.get('run')!.value, '"run"', STEP);
  const settings = present({ shell: text('shell'), workingDirectory: text('working-directory') });
  if (run === undefined) return undefined;
  return { kind: 'run', ...base, name: base.name ?? scriptName(run), run, ...settings };
}

function readUses(base: StepBase, entries: Entries, node: YamlNode, reader: Reader): UsesStepPlan | undefined {
  const withNode = entries.get('with')?.value;
  const given = withNode ? reader.values(withNode, 'with', STEP) : {};
  const uses = reader.nonEmpty(node, '"uses"');
  if (uses === undefined) return undefined;
  if (hasExpression(uses)) return reader.problem(node.position, 'an expression is not allowed in "uses"');
  const problem = isOwn(uses) ? ownProblem(uses) : undefined;
  if (problem !== undefined) return reader.problem(node.position, `${JSON.stringify(uses.slice(0, 120))}: ${problem}`);
  return { kind: 'uses', ...base, name: base.name ?? `Run ${uses}`, uses, with: given };
}

function refuseSameIds(nodes: readonly YamlNode[], steps: readonly (UsesCompositeStep | undefined)[], reader: Reader): void {
  const taken = new Map<string, number>();
  for (const [at, step] of steps.entries()) {
    if (!step?.id) continue;
    const id = step.id.toLowerCase();
    const earlier = taken.get(id);
    if (earlier === undefined) taken.set(id, nodes[at]!.position.line);
    else reader.problem(nodes[at]!.position, `the step's id ${JSON.stringify(step.id)} is taken by the step in line ${earlier}`);
  }
}
