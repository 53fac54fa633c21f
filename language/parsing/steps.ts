/** The steps of a job: their order, what runs beside what, and ids that are taken or not there. */
import type { StepDefinition } from '../definition.js';
import { suggest, type Position } from '../diagnostics.js';
import { type JobId, stepAddress } from '../ids.js';
import { isNothing, type Reader } from './reader.js';
import { readStep, readStepKind } from './step.js';
import type { YamlNode } from './yamlTree.js';

/** GitHub's limit. */
const MOST_BESIDE = 10;

export function readSteps(node: YamlNode | undefined, job: JobId, at: Position, reader: Reader): readonly StepDefinition[] {
  if (!node || isNothing(node)) return reader.problem(at, `job ${job} needs "steps"`) ?? [];
  if (node.kind !== 'sequence') return reader.problem(node.position, '"steps" must be a list of steps') ?? [];
  if (node.items.length === 0) reader.problem(node.position, '"steps" is empty: a job has one step at the least');
  const steps: StepDefinition[] = [];
  for (const [i, item] of node.items.entries()) {
    steps.push(...reader.within({ stepIds: node.items.slice(0, i).flatMap(idsOf) }, () => readItem(item, job, i + 1, reader)));
  }
  refuseSameIds(steps, reader);
  checkTargets(steps, reader);
  return steps;
}

/** The ids of steps as they are written, also of those with problems. @param steps the job's `steps` */
export function idsOfSteps(steps: YamlNode | undefined): readonly string[] {
  return steps?.kind === 'sequence' ? steps.items.flatMap(idsOf) : [];
}

function idsOf(step: YamlNode): readonly string[] {
  const entries = step.kind === 'mapping' ? step.entries : [];
  return entries.flatMap(({ key, value }) => {
    if (key === 'parallel') return idsOfSteps(value);
    return key === 'id' && value.kind === 'scalar' && value.value !== null ? [String(value.value)] : [];
  });
}

function readItem(item: YamlNode, job: JobId, number: number, reader: Reader): readonly StepDefinition[] {
  const read = readStepKind(item, reader);
  if (!read) return [];
  if (read.kind === 'parallel') return readParallel(read.value.value, item.position, job, number, reader);
  const step = readStep(read, item.position, job, number, reader);
  return step ? [step] : [];
}

/** Background steps, those without an id under one that nobody else can have, and a wait for them. */
function readParallel(node: YamlNode, at: Position, job: JobId, number: number, reader: Reader): readonly StepDefinition[] {
  if (node.kind !== 'sequence' || node.items.length === 0) return reader.problem(node.position, '"parallel" must be a list of steps') ?? [];
  if (node.items.length > MOST_BESIDE) reader.problem(node.items[MOST_BESIDE]!.position, `"parallel" has ${node.items.length} steps, and ${MOST_BESIDE} can run at once`);
  const steps = node.items.flatMap((item, i): StepDefinition[] => {
    const read = readStepKind(item, reader);
    if (!read) return [];
    if (read.kind !== 'run' && read.kind !== 'uses') return reader.problem(read.value.keyPosition, `"${read.kind}" cannot stand inside of "parallel"`) ?? [];
    const background = read.entries.get('background');
    if (background) reader.problem(background.keyPosition, '"background" is what every step inside of "parallel" is: leave it out');
    const id = `__parallel_${number}_${i + 1}`;
    const step = readStep(read, item.position, job, id, reader);
    return step ? [{ ...step, id: step.id ?? id, background: true }] : [];
  });
  const targets = steps.map(({ id }) => id!);
  return [...steps, { kind: 'wait', address: stepAddress(job, number), position: at, name: 'Wait for parallel steps', env: {}, continueOnError: false, targets }];
}

function refuseSameIds(steps: readonly StepDefinition[], reader: Reader): void {
  const first = new Map<string, StepDefinition>();
  for (const step of steps) {
    if (!step.id) continue;
    const earlier = first.get(step.id.toLowerCase());
    if (earlier) reader.problem(step.position, `the step's id ${JSON.stringify(step.id)} is taken by the step in line ${earlier.position.line}`);
    else first.set(step.id.toLowerCase(), step);
  }
}

/** `wait` and `cancel` name background steps that come before them. */
function checkTargets(steps: readonly StepDefinition[], reader: Reader): void {
  const before = new Map<string, StepDefinition>();
  for (const step of steps) {
    if ((step.kind === 'wait' || step.kind === 'cancel') && step.targets) {
      for (const target of step.targets) checkTarget(target, step, before, steps, reader);
    }
    if (step.id) before.set(step.id.toLowerCase(), step);
  }
}

function checkTarget(target: string, step: StepDefinition, before: ReadonlyMap<string, StepDefinition>, all: readonly StepDefinition[], reader: Reader): void {
  const found = before.get(target.toLowerCase());
  const shown = JSON.stringify(target);
  if (found?.background) return;
  if (found) return reader.problem(step.position, `the step ${shown} does not run in the background, so there is nothing to ${step.kind === 'wait' ? 'wait for' : 'cancel'}`);
  const later = all.some(({ id }) => id?.toLowerCase() === target.toLowerCase());
  if (later) return reader.problem(step.position, `the step ${shown} does not come before this one`);
  const ids = [...before.values()].flatMap(({ id, background }) => (background && id && !id.startsWith('__') ? [id] : []));
  reader.problem(step.position, `there is no step with the id ${shown}`, suggest(target, ids));
}
