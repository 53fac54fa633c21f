/** What contexts hold, at each place of a workflow file. */
import type { CalledWorkflows } from '../calls.js';
import type { Definition, JobDefinition } from '../definition.js';
import { INSERT } from '../insert.js';
import type { Place } from '../parsing/reader.js';
import { hasExpression } from '../templates.js';
import type { UsesAction } from '../usesAction.js';
import { commonType, exactly, type ExprType, mapOf, type ObjectType, typeOfValue } from './types.js';
import { type KnownActions, outputsType } from './usesActions.js';

const TEXTS = 'action action_path action_ref action_repository action_status actor actor_id api_url artifact_cache_size_limit base_ref env event_name event_path'
  + ' graphql_url head_ref job job_workflow_sha output path ref ref_name ref_type repository repository_id repository_owner repository_owner_id repositoryUrl'
  + ' repository_visibility retention_days run_id run_number run_attempt secret_source server_url sha state step_summary token triggering_actor workflow workflow_ref'
  + ' workflow_sha workspace';

/** https://docs.github.com/en/actions/reference/workflows-and-actions/contexts */
const GITHUB = exactly({ ...texts(TEXTS), event: mapOf('any'), ref_protected: 'boolean' });
const RUNNER = exactly(texts('name os arch temp tool_cache debug environment workspace'));
const STRATEGY = exactly({ 'fail-fast': 'boolean', 'job-index': 'number', 'job-total': 'number', 'max-parallel': 'number' });
const JOB = exactly({
  ...texts('status workflow_ref workflow_sha workflow_repository workflow_file_path'),
  check_run_id: 'number',
  container: exactly(texts('id network')),
  services: mapOf(exactly({ ...texts('id network'), ports: mapOf('any') })),
});

function texts(names: string): Readonly<Record<string, ExprType>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, 'string']));
}

export type ContextTypes = Readonly<Record<string, ExprType>>;

/** What the contexts hold at a place, by context in lower case. A context that is not there can hold anything. */
export function contextTypesOf(definition: Definition, calls: CalledWorkflows, actions: KnownActions = new Map()): (place: Place) => ContextTypes {
  const jobs = new Map(definition.jobs.map((job) => [job.id as string, { job, type: jobType(job, calls) }]));
  const everywhere: ContextTypes = {
    github: GITHUB, runner: RUNNER, strategy: STRATEGY, job: JOB,
    env: mapOf('string'), vars: mapOf('string'), secrets: mapOf('string'),
    inputs: inputsType(definition),
    jobs: exactly(Object.fromEntries([...jobs].map(([id, { type }]) => [id, type]))),
  };
  const ofJob = new Map([...jobs].map(([id, { job }]) => [id, {
    ...everywhere,
    needs: exactly(Object.fromEntries(job.needs.map((need) => [need, jobs.get(need)?.type ?? 'any'] as const))),
    matrix: matrixType(job),
  }]));
  const usesOf = new Map(definition.jobs.map(({ id, steps }) => [id as string, new Map(steps.flatMap((step) => (step.id && step.kind === 'uses' ? [[step.id, step.uses] as const] : [])))]));
  return ({ job = '', stepIds = [] }) => ({ ...(ofJob.get(job) ?? everywhere), steps: stepsType(stepIds, (id) => actions.get(usesOf.get(job)?.get(id) ?? '')) });
}

function inputsType({ inputs, call }: Definition): ObjectType {
  const scalar = (type: string): ExprType => (type === 'boolean' || type === 'number' ? type : 'string');
  return exactly(Object.fromEntries([...inputs.map(({ name, type }) => [name, scalar(type)]), ...[...(call?.inputs ?? [])].map(([name, { type }]) => [name, scalar(type)])]));
}

function jobType({ outputs, call }: JobDefinition, calls: CalledWorkflows): ObjectType {
  const called = call && calls.get(call.uses);
  if (call && !called) return exactly({ result: 'string', outputs: mapOf('any') });
  const names = called ? [...called.definition.call.outputs.keys()] : Object.keys(outputs);
  if (names.some(hasExpression) || names.includes(INSERT)) return exactly({ result: 'string', outputs: mapOf('string') });
  return exactly({ result: 'string', outputs: exactly(Object.fromEntries(names.map((name) => [name, 'string']))) });
}

function stepsType(ids: readonly string[], actionOf: (id: string) => UsesAction | undefined): ObjectType {
  return exactly(Object.fromEntries(ids.filter((id) => !id.startsWith('__')).map((id) => [id, exactly({ outputs: outputsType(actionOf(id)), outcome: 'string', conclusion: 'string' })])));
}

/** Exact where the matrix is written out. */
function matrixType({ strategy }: JobDefinition): ExprType {
  if (!strategy) return exactly({});
  const { matrix } = strategy;
  if (typeof matrix !== 'object') return 'any';
  const { include, exclude: _, ...axes } = matrix as Readonly<Record<string, unknown>>;
  const extra = include === undefined || include === null ? [] : Array.isArray(include) ? (include as unknown[]) : undefined;
  if (extra === undefined || Object.keys(axes).some(hasExpression) || !extra.every(isPlain)) return 'any';
  const members = new Map<string, ExprType[]>();
  const add = (key: string, values: readonly unknown[]) => members.set(key, [...(members.get(key) ?? []), ...values.map((value) => typeOfValue(value, typeOfText))]);
  for (const [key, values] of Object.entries(axes)) {
    if (Array.isArray(values)) add(key, values as unknown[]);
    else members.set(key, ['any']);
  }
  for (const entry of extra) for (const [key, value] of Object.entries(entry as object)) add(key, [value]);
  return exactly(Object.fromEntries([...members].map(([key, types]) => [key, commonType(types)])));
}

/** An object whose names are written out. */
function isPlain(entry: unknown): boolean {
  return typeof entry === 'object' && entry !== null && !Object.keys(entry).some(hasExpression);
}

function typeOfText(text: string): ExprType {
  return hasExpression(text) ? 'any' : 'string';
}
