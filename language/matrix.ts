/** A job's matrix: every combination, its name, and what `strategy` and `matrix` hold in it. Rules of record: GitHub's `MatrixBuilder`. */
import { evaluateBoolean, evaluateNumber, ExpressionError, type Json, type Scope, templateText } from './expressions.js';
import type { JobPlan } from './plan.js';
import { hasExpression } from './templates.js';
import { evaluateTree } from './templateTree.js';

export const MOST_MATRIX_JOBS = 256;

type Combination = Readonly<Record<string, Json>>;

/** One job of the matrix, or the only one of a job without a matrix. */
export interface JobInstance {
  /** `web`, or `web (18, debian)`: unique in the run. */
  readonly key: string;
  /** Absent without a matrix. */
  readonly matrix?: Combination;
  /** What `strategy` holds. */
  readonly strategy: Readonly<Record<string, Json>>;
}

export interface ExpandedStrategy {
  readonly failFast: boolean;
  /** @default Infinity */
  readonly maxParallel: number;
  readonly instances: readonly JobInstance[];
}

/** @param scope that of `jobIfScope` @throws ExpressionError */
export function expandStrategy(job: Pick<JobPlan, 'id' | 'strategy'>, scope: Scope): ExpandedStrategy {
  const strategy = job.strategy;
  const combinations = strategy ? expandMatrix(evaluateTree(strategy.matrix as Json, scope)) : [];
  const failFast = strategy ? evaluateBoolean(strategy.failFast, scope) : true;
  const maxParallel = strategy?.maxParallel === undefined ? Infinity : evaluateNumber(strategy.maxParallel, scope);
  if (maxParallel < 1) throw new ExpressionError('max-parallel must be at least 1', String(strategy?.maxParallel));
  const total = Math.max(1, combinations.length);
  const facts = (index: number) => ({
    'fail-fast': failFast, 'job-index': index, 'job-total': total, 'max-parallel': Math.min(maxParallel, total),
  });
  const keys = uniqueKeys(combinations.map((combination) => withSuffix(job.id, combination)));
  const instances = combinations.map((matrix, i): JobInstance => ({ key: keys[i]!, matrix, strategy: facts(i) }));
  return { failFast, maxParallel, instances: strategy ? instances : [{ key: job.id, strategy: facts(0) }] };
}

/** A job's name on the screen: its own with the combination behind it, unless the name itself holds an expression. @throws ExpressionError */
export function jobName(job: Pick<JobPlan, 'name'>, matrix: Combination | undefined, scope: Scope): string {
  const name = templateText(job.name, scope);
  return matrix && !hasExpression(job.name) ? withSuffix(name, matrix) : name;
}

/**
 * The combinations of a matrix, in GitHub's order: the last key varies fastest, `exclude` comes before `include`.
 * @param matrix evaluated: arrays by key, `include`, `exclude`
 * @throws ExpressionError
 */
export function expandMatrix(matrix: Json): readonly Combination[] {
  if (!isObject(matrix)) throw new ExpressionError(`a matrix must be an object, not ${JSON.stringify(matrix)?.slice(0, 80)}`, 'matrix');
  const { include, exclude, ...vectors } = { ...matrix } as Record<string, Json>;
  const axes = Object.entries(vectors).map(([key, values]) => [key, asVector(key, values)] as const);
  const count = axes.reduce((product, [, values]) => product * values.length, 1);
  if (count > 100_000) throw tooMany(count);
  const excluded = filters('exclude', exclude);
  const base = axes.length === 0 ? [] : product(axes).filter((combination) => !excluded.some((filter) => contains(combination, filter)));
  const all = applyInclude(base, axes.map(([key]) => key), filters('include', include));
  if (all.length > MOST_MATRIX_JOBS) throw tooMany(all.length);
  if (all.length === 0) throw new ExpressionError('the matrix has no combination', 'matrix');
  return all;
}

function asVector(key: string, values: Json | undefined): readonly Json[] {
  if (Array.isArray(values) && values.length > 0) return values as readonly Json[];
  const given = Array.isArray(values) ? 'an empty one' : (JSON.stringify(values) ?? 'nothing').slice(0, 80);
  throw new ExpressionError(`matrix.${key} must be a list with at least one value, not ${given}`, `matrix.${key}`);
}

function filters(name: string, value: Json | undefined): readonly Combination[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(isObject)) return value as Combination[];
  throw new ExpressionError(`matrix.${name} must be a list of objects`, `matrix.${name}`);
}

function product(axes: readonly (readonly [string, readonly Json[]])[]): Combination[] {
  return axes.reduce<Combination[]>(
    (sofar, [key, values]) => sofar.flatMap((combination) => values.map((value) => Object.fromEntries([...Object.entries(combination), [key, value]]))),
    [{}],
  );
}

/** Whether the combination has all that the filter says. */
function contains(value: Json | undefined, filter: Json): boolean {
  if (isObject(filter)) {
    if (!isObject(value)) return false;
    return Object.entries(filter).every(([key, item]) => {
      const own = ownKey(value, key);
      return own !== undefined && contains(value[own], item);
    });
  }
  if (Array.isArray(filter)) return Array.isArray(value) && value.length === filter.length && filter.every((item, i) => contains(value[i], item));
  return typeof filter === 'string' && typeof value === 'string' ? filter.toLowerCase() === value.toLowerCase() : filter === value;
}

function applyInclude(base: readonly Combination[], originalKeys: readonly string[], includes: readonly Combination[]): Combination[] {
  const extended = base.map((combination) => new Map(Object.entries(combination)));
  const added: Combination[] = [];
  for (const include of includes) {
    const original = new Map(originalKeys.flatMap((key) => {
      const own = ownKey(include, key);
      return own === undefined ? [] : [[own, key] as const];
    }));
    const matching = extended.filter((_, i) => [...original].every(([own, key]) => contains(base[i]![key], include[own]!)));
    if (matching.length === 0) added.push(include);
    for (const combination of matching) {
      for (const [key, value] of Object.entries(include)) if (!original.has(key)) combination.set(ownKey(Object.fromEntries(combination), key) ?? key, value);
    }
  }
  return [...extended.map((combination): Combination => Object.fromEntries(combination)), ...added];
}

/** The object's own spelling of a key: keys compare without case. */
function ownKey(object: Readonly<Record<string, unknown>>, key: string): string | undefined {
  return Object.hasOwn(object, key) ? key : Object.keys(object).find((own) => own.toLowerCase() === key.toLowerCase());
}

/** `build (18, debian)`: the leaves in their order, empty ones left out, at most 100 characters. */
function withSuffix(name: string, combination: Combination): string {
  const values = leaves(combination).filter((leaf) => leaf !== '');
  const full = values.length === 0 ? name : `${name} (${values.join(', ')})`;
  return full.length > 100 ? `${full.slice(0, 97)}...` : full;
}

function leaves(value: Json): string[] {
  if (value !== null && typeof value === 'object') return Object.values(value).flatMap(leaves);
  return [value === null ? '' : String(value)];
}

function uniqueKeys(keys: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return keys.map((key) => {
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    return times === 1 ? key : `${key} #${times}`;
  });
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tooMany(count: number): ExpressionError {
  return new ExpressionError(`the matrix makes ${count} jobs, and ${MOST_MATRIX_JOBS} is the most`, 'matrix');
}
