/** One job. */
import type { JobDefinition, StepDefinition } from '../definition.js';
import { notYet } from '../diagnostics.js';
import { InvalidIdError, type JobId, parseJobId } from '../ids.js';
import type { RunDefaults } from '../plan.js';
import { SLOTS } from './availability.js';
import { readDefaults } from './defaults.js';
import { JOB_KEYS } from './knownKeys.js';
import { type Entries, present, type Reader } from './reader.js';
import { readStep } from './step.js';
import { readStrategy } from './strategy.js';
import type { MappingEntry, YamlNode } from './yamlTree.js';

/** GitHub's default, 6 hours. */
const DEFAULT_TIMEOUT_MINUTES = 360;

/** A job, and where each of its needs stands (checked when all jobs are known). */
export interface ReadJob {
  readonly definition: JobDefinition;
  readonly needs: ReturnType<Reader['list']>;
}

export function readJob({ key, keyPosition, value }: MappingEntry, workflowDefaults: RunDefaults, reader: Reader): ReadJob | undefined {
  const id = readId(key, keyPosition, reader);
  if (value.kind !== 'mapping') return reader.problem(value.position, `job ${key} must be a mapping with "runs-on" and "steps"`);
  const entries = reader.keys(value, `job ${key}`, JOB_KEYS);
  const read = <T>(name: string, reading: (node: YamlNode) => T | undefined): T | undefined => {
    const entry = entries.get(name);
    return entry && reading(entry.value);
  };
  const needs = read('needs', (node) => reader.list(node, '"needs"')) ?? [];
  const definition: JobDefinition = {
    id,
    position: keyPosition,
    name: read('name', (node) => reader.string(node, '"name"', SLOTS.job)) || id,
    needs: [...new Set(needs.map(({ text }) => text as JobId))],
    runsOn: readRunsOn(entries, keyPosition, key, reader) ?? '',
    env: read('env', (node) => reader.values(node, 'env', SLOTS.jobEnv)) ?? {},
    defaults: readDefaults(entries.get('defaults')?.value, SLOTS.jobDefaults, workflowDefaults, reader),
    timeoutMinutes: read('timeout-minutes', (node) => reader.number(node, '"timeout-minutes"', { above: 0 }, SLOTS.job)) ?? DEFAULT_TIMEOUT_MINUTES,
    continueOnError: read('continue-on-error', (node) => reader.boolean(node, '"continue-on-error"', SLOTS.job)) ?? false,
    outputs: read('outputs', (node) => readOutputs(node, reader)) ?? {},
    steps: readSteps(entries, id, keyPosition, reader),
    ...present({
      if: read('if', (node) => reader.condition(node, SLOTS.jobIf)),
      strategy: read('strategy', (node) => readStrategy(node, reader)),
    }),
  };
  return { definition, needs };
}

function readId(key: string, at: MappingEntry['keyPosition'], reader: Reader): JobId {
  try {
    return parseJobId(key);
  } catch (error) {
    if (!(error instanceof InvalidIdError)) throw error;
    reader.problem(at, error.message);
    return key as JobId;
  }
}

function readRunsOn(entries: Entries, at: MappingEntry['keyPosition'], key: string, reader: Reader): string | undefined {
  const node = entries.get('runs-on')?.value;
  if (!node) {
    // A job that calls a reusable workflow has been reported already, and has no runner.
    return entries.has('uses') ? undefined : reader.problem(at, `job ${key} needs "runs-on": write "runs-on: worker"`);
  }
  if (node.kind === 'mapping') return reader.problem(node.position, notYet('runs-on with group or labels'));
  if (node.kind === 'scalar') return reader.nonEmpty(node, '"runs-on"', SLOTS.job);
  const [only, second] = node.items;
  if (second) return reader.problem(second.position, notYet('runs-on with several labels'));
  return only ? reader.nonEmpty(only, '"runs-on"', SLOTS.job) : reader.problem(node.position, '"runs-on" is empty');
}

function readOutputs(node: YamlNode, reader: Reader): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(reader.values(node, 'outputs', SLOTS.jobOutputs)).map(([name, value]) => [name, String(value)]));
}

function readSteps(entries: Entries, job: JobId, at: MappingEntry['keyPosition'], reader: Reader): readonly StepDefinition[] {
  const node = entries.get('steps')?.value;
  if (!node) {
    if (!entries.has('uses')) reader.problem(at, `job ${job} needs "steps"`);
    return [];
  }
  if (node.kind !== 'sequence') return reader.problem(node.position, '"steps" must be a list of steps') ?? [];
  if (node.items.length === 0) reader.problem(node.position, '"steps" is empty: a job has one step at the least');
  const steps = node.items.map((item, i) => readStep(item, job, i + 1, reader)).filter((step) => step !== undefined);
  refuseSameIds(steps, reader);
  return steps;
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
