/** One job. */
import type { JobDefinition } from '../definition.js';
import { InvalidIdError, type JobId, parseJobId } from '../ids.js';
import type { RunDefaults } from '../plan.js';
import { SLOTS } from './availability.js';
import { readCall } from './callJob.js';
import { readConcurrency } from './concurrency.js';
import { readContainer, readServices } from './containers.js';
import { readDefaults } from './defaults.js';
import { readEnvironment, readRunsOn, refuseSnapshot } from './jobSettings.js';
import { CALL_JOB_KEYS, JOB_KEYS } from './knownKeys.js';
import { readCacheMode, readPermissions } from './permissions.js';
import { type Entries, present, type Reader } from './reader.js';
import { idsOfSteps, readSteps } from './steps.js';
import { readStrategy } from './strategy.js';
import type { MappingEntry, YamlNode } from './yamlTree.js';

/** GitHub's default, 6 hours. */
const DEFAULT_TIMEOUT_MINUTES = 360;

/** A job, and where each of its needs stands (checked when all jobs are known). */
export interface ReadJob {
  readonly definition: JobDefinition;
  readonly needs: ReturnType<Reader['list']>;
}

type Read = <T>(name: string, reading: (node: YamlNode) => T | undefined) => T | undefined;

export function readJob(entry: MappingEntry, workflowDefaults: RunDefaults, reader: Reader): ReadJob | undefined {
  return reader.within({ job: entry.key }, () => readOwn(entry, workflowDefaults, reader));
}

function readOwn({ key, keyPosition, value }: MappingEntry, workflowDefaults: RunDefaults, reader: Reader): ReadJob | undefined {
  const id = readId(key, keyPosition, reader);
  if (value.kind !== 'mapping') return reader.problem(value.position, `job ${key} must be a mapping with "runs-on" and "steps"`);
  const calls = value.entries.some((entry) => entry.key === 'uses');
  const entries = reader.keys(value, `job ${key}${calls ? ', which calls a workflow' : ''}`, calls ? CALL_JOB_KEYS : JOB_KEYS);
  const read: Read = (name, reading) => {
    const entry = entries.get(name);
    return entry && reading(entry.value);
  };
  const needs = read('needs', (node) => reader.list(node, '"needs"')) ?? [];
  const shared = {
    id,
    position: keyPosition,
    name: read('name', (node) => reader.string(node, '"name"', SLOTS.job)) || id,
    needs: [...new Set(needs.map(({ text }) => text as JobId))],
    ...present({
      if: read('if', (node) => reader.condition(node, SLOTS.jobIf)),
      strategy: read('strategy', (node) => readStrategy(node, reader)),
      concurrency: read('concurrency', (node) => readConcurrency(node, SLOTS.job, reader)),
      permissions: read('permissions', (node) => readPermissions(node, reader)),
      cacheMode: read('cache-mode', (node) => readCacheMode(node, reader)),
    }),
  };
  const stepIds = idsOfSteps(entries.get('steps')?.value);
  const own = calls ? ownOfCall(entries, reader) : reader.within({ stepIds }, () => ownOfSteps(entries, id, keyPosition, workflowDefaults, read, reader));
  return { definition: { ...shared, ...own }, needs };
}

type Shared = 'id' | 'position' | 'name' | 'needs' | 'if' | 'strategy' | 'concurrency' | 'permissions' | 'cacheMode';

function ownOfCall(entries: Entries, reader: Reader): Omit<JobDefinition, Shared> {
  const call = readCall(entries, reader);
  return { runsOn: [], env: {}, defaults: {}, timeoutMinutes: DEFAULT_TIMEOUT_MINUTES, continueOnError: false, outputs: {}, steps: [], ...present({ call }) };
}

function ownOfSteps(
  entries: Entries, id: JobId, at: MappingEntry['keyPosition'], workflowDefaults: RunDefaults, read: Read, reader: Reader,
): Omit<JobDefinition, Shared> {
  if (!entries.has('runs-on')) reader.problem(at, `job ${id} needs "runs-on": write "runs-on: worker"`);
  read('snapshot', (node) => refuseSnapshot(node, reader));
  const minutes = (key: string) => read(key, (node) => reader.number(node, `"${key}"`, { above: 0 }, SLOTS.job));
  return {
    ...(read('runs-on', (node) => readRunsOn(node, reader)) ?? { runsOn: '' }),
    env: read('env', (node) => reader.values(node, 'env', SLOTS.jobEnv)) ?? {},
    defaults: readDefaults(entries.get('defaults')?.value, SLOTS.jobDefaults, workflowDefaults, reader),
    timeoutMinutes: minutes('timeout-minutes') ?? DEFAULT_TIMEOUT_MINUTES,
    continueOnError: read('continue-on-error', (node) => reader.boolean(node, '"continue-on-error"', SLOTS.job)) ?? false,
    outputs: read('outputs', (node) => readOutputs(node, reader)) ?? {},
    steps: readSteps(entries.get('steps')?.value, id, at, reader),
    ...present({
      cancelTimeoutMinutes: minutes('cancel-timeout-minutes'),
      environment: read('environment', (node) => readEnvironment(node, reader)),
      container: read('container', (node) => readContainer(node, '"container"', reader)),
      services: read('services', (node) => readServices(node, reader)),
    }),
  };
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

function readOutputs(node: YamlNode, reader: Reader): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(reader.values(node, 'outputs', SLOTS.jobOutputs, false)).map(([name, value]) => [name, String(value)]));
}
