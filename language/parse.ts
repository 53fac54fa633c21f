/**
 * A workflow file's text into a definition, or all that is wrong with it.
 *
 * 1. It never throws, whatever the text is, and it looks at nothing but the text.
 * 2. Every problem is reported at once, in the order of the file; with a problem there is no definition.
 * 3. What GitHub knows and we do not do is an error that says so: nothing is silently ignored.
 */
import type { Definition } from './definition.js';
import { type Diagnostic, sortDiagnostics } from './diagnostics.js';
import { SLOTS } from './parsing/availability.js';
import { readConcurrency } from './parsing/concurrency.js';
import { readDefaults } from './parsing/defaults.js';
import { readJob } from './parsing/job.js';
import { ROOT_KEYS } from './parsing/knownKeys.js';
import { checkNeeds } from './parsing/needs.js';
import { readCacheMode, readPermissions } from './parsing/permissions.js';
import { readDuration } from './parsing/retry.js';
import { type Entries, type ExpressionUse, present, Reader } from './parsing/reader.js';
import { readOn } from './parsing/triggers.js';
import { readYaml, type YamlNode, type YamlTree } from './parsing/yamlTree.js';
import type { OnFailure } from './plan.js';

export interface ParsedWorkflow {
  /** Absent when there are diagnostics. */
  readonly definition?: Definition;
  /** As much of it as could be read, also when there are diagnostics: to say what else is wrong, and never to be run. */
  readonly draft?: Definition;
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** What GitHub refuses and we run: see `Reader.tolerated`. */
  readonly tolerated: readonly Diagnostic[];
  /** Every expression that can be parsed, for further checks. */
  readonly expressions: readonly ExpressionUse[];
}

/** @param file the file as the user named it: for messages, and for the workflow's type */
export function parseWorkflowFile(text: string, file: string): ParsedWorkflow {
  const tree = readYaml(text, file);
  const reader = new Reader(file, text, tree.positionAt);
  const draft = readRoot(tree, reader);
  const diagnostics = sortDiagnostics([...tree.diagnostics, ...reader.diagnostics]);
  const { expressions, tolerated } = reader;
  // Where the YAML itself is wrong, what is missing may be there.
  return { ...present({ draft: tree.diagnostics.length > 0 ? undefined : draft, definition: diagnostics.length > 0 ? undefined : draft }), diagnostics, expressions, tolerated };
}

/** `deploy` of `deployments/deploy.yml`: the workflow type. */
export function workflowType(file: string): string {
  return file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/i, '');
}

const START = { line: 1, column: 1 };

function readRoot({ root, diagnostics }: YamlTree, reader: Reader): Definition | undefined {
  if (!root || root.kind !== 'mapping') {
    if (diagnostics.length === 0) reader.problem(START, root && !isEmpty(root) ? 'a workflow file must be a mapping with "on" and "jobs"' : 'the file is empty');
    return undefined;
  }
  const entries = reader.keys(root, 'the workflow', ROOT_KEYS);
  const read = <T>(key: string, reading: (node: YamlNode) => T | undefined): T | undefined => {
    const entry = entries.get(key);
    return entry && reading(entry.value);
  };
  if (!entries.has('on')) reader.problem(START, '"on" is missing: write "on: workflow_dispatch"');
  read('description', (node) => reader.string(node, '"description"'));
  const defaults = readDefaults(entries.get('defaults')?.value, undefined, {}, reader);
  const on = read('on', (node) => readOn(node, reader)) ?? { triggers: [], inputs: [] };
  return {
    file: reader.file,
    type: workflowType(reader.file),
    ...on,
    env: read('env', (node) => reader.values(node, 'env', SLOTS.workflowEnv)) ?? {},
    defaults,
    jobs: readJobs(entries, defaults, reader),
    ...present({
      name: read('name', (node) => reader.string(node, '"name"')) || undefined,
      runName: read('run-name', (node) => reader.string(node, '"run-name"', SLOTS.run)) || undefined,
      concurrency: read('concurrency', (node) => readConcurrency(node, SLOTS.run, reader)),
      permissions: read('permissions', (node) => readPermissions(node, reader)),
      cacheMode: read('cache-mode', (node) => readCacheMode(node, reader)),
      onFailure: read('on-failure', (node) => readOnFailure(node, reader)),
      waitTimeoutMs: read('wait-timeout', (node) => readWaitTimeout(node, reader)),
    }),
  };
}

function isEmpty(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

function readJobs(entries: Entries, defaults: Definition['defaults'], reader: Reader): Definition['jobs'] {
  const node = entries.get('jobs')?.value;
  if (!node) return reader.problem(START, '"jobs" is missing') ?? [];
  const mapping = reader.mapping(node, '"jobs"');
  if (isEmpty(node) || mapping?.entries.length === 0) reader.problem(entries.get('jobs')!.keyPosition, '"jobs" is empty: a workflow has one job at the least');
  const jobs = (mapping?.entries ?? []).map((entry) => readJob(entry, defaults, reader)).filter((job) => job !== undefined);
  checkNeeds(jobs, reader);
  return canonicalNeeds(jobs.map(({ definition }) => definition));
}

/** Needs name jobs without regard to case; the plan has them as the jobs are written. */
function canonicalNeeds(jobs: Definition['jobs']): Definition['jobs'] {
  const ids = new Map(jobs.map(({ id }) => [id.toLowerCase(), id]));
  return jobs.map((job) => ({ ...job, needs: [...new Set(job.needs.map((need) => ids.get(need.toLowerCase()) ?? need))] }));
}

function readOnFailure(node: YamlNode, reader: Reader): OnFailure | undefined {
  const value = reader.string(node, '"on-failure"');
  if (value === 'undo' || value === 'keep' || value === 'wait' || value === undefined) return value;
  return reader.problem(node.position, `"on-failure" must be undo, keep or wait, not ${JSON.stringify(value)}`);
}

function readWaitTimeout(node: YamlNode, reader: Reader): number | undefined {
  const ms = readDuration(node, '"wait-timeout"', reader);
  return ms === 0 ? reader.problem(node.position, '"wait-timeout" must be more than 0') : ms;
}
