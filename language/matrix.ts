/** A job's matrix: every combination, its name, and what `strategy` and `matrix` hold in it. Rules of record: GitHub's `MatrixBuilder`. */
import { evaluateBoolean, evaluateNumber, ExpressionError, type Json, type Scope, templateText } from './expressions.js';
import { type Combination, matches, ownKey } from './matrixFilter.js';
import { scalarText } from './numberText.js';
import type { JobPlan, StrategyPlan } from './plan.js';
import { hasExpression } from './templates.js';
import { evaluateTree } from './templateTree.js';

export const MOST_MATRIX_JOBS = 256;

/** One job of the matrix, or the only one of a job without a matrix. */
export interface JobInstance {
  /** `web`, or `web (18, debian)`: unique in the run. */
  readonly key: string;
  /** Absent without a matrix. */
  readonly matrix?: Combination;
  /** What its name has in brackets: what tells it from the others, without what `include` gave it besides. @default nothing */
  readonly values?: readonly string[];
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
  const failFast = strategy ? evaluateBoolean(strategy.failFast, scope) : true;
  const maxParallel = mostAtOnce(strategy, scope);
  const combinations = strategy ? expand(evaluateTree(strategy.matrix as Json, scope)) : [];
  const total = combinations.length;
  // What excludes everything leaves the job as it is without a matrix.
  if (total === 0) return { failFast, maxParallel, instances: [{ key: job.id, strategy: { 'fail-fast': failFast, 'job-index': 0, 'job-total': 1, 'max-parallel': 1 } }] };
  const keys = uniqueKeys(combinations.map(({ values }) => withSuffix(job.id, values)));
  const instances = combinations.map(({ matrix, values }, i): JobInstance => ({
    key: keys[i]!, matrix, values,
    strategy: { 'fail-fast': failFast, 'job-index': i, 'job-total': total, 'max-parallel': maxParallel === Infinity ? total : maxParallel },
  }));
  return { failFast, maxParallel, instances };
}

/** Whole jobs; none or less is no limit. */
function mostAtOnce(strategy: StrategyPlan | undefined, scope: Scope): number {
  const most = strategy?.maxParallel === undefined ? 0 : Math.trunc(evaluateNumber(strategy.maxParallel, scope));
  return most > 0 ? most : Infinity;
}

/**
 * A job's name on the screen: its own with the combination behind it, unless the name itself holds an expression that gives something.
 * @throws ExpressionError
 */
export function jobName(job: Pick<JobPlan, 'id' | 'name'>, { values = [] }: Pick<JobInstance, 'values'>, scope: Scope): string {
  const name = templateText(job.name, scope);
  return name !== '' && hasExpression(job.name) ? name : withSuffix(name || job.id, values);
}

/**
 * The combinations of a matrix, in GitHub's order: the last key varies fastest, `exclude` comes before `include`. None where everything is excluded.
 * @param matrix evaluated: arrays by key, `include`, `exclude`
 * @throws ExpressionError
 */
export function expandMatrix(matrix: Json): readonly Combination[] {
  return expand(matrix).map((one) => one.matrix);
}

interface Named {
  readonly matrix: Combination;
  readonly values: readonly string[];
}

function expand(matrix: Json): readonly Named[] {
  if (!isObject(matrix)) throw new ExpressionError(`a matrix must be an object, not ${JSON.stringify(matrix)?.slice(0, 80)}`, 'matrix');
  const { include, exclude, ...vectors } = { ...matrix } as Record<string, Json>;
  const axes = Object.entries(vectors).map(([key, values]) => [key, asVector(key, values)] as const);
  const count = axes.reduce((product, [, values]) => product * values.length, 1);
  if (count > 100_000) throw tooMany(count);
  const names = axes.map(([key]) => key);
  const [includes, excludes] = [filters('include', include), filters('exclude', exclude)];
  checkExcluded(excludes, vectors);
  if (axes.length === 0 && includes.length === 0) throw new ExpressionError('the matrix has no combination', 'matrix');
  const base = axes.length === 0 ? [] : product(axes).filter((combination) => !excludes.some((filter) => matches(combination, filter)));
  const all = applyInclude(base, names, includes);
  if (all.length > MOST_MATRIX_JOBS) throw tooMany(all.length);
  return all;
}

function asVector(key: string, values: Json | undefined): readonly Json[] {
  if (Array.isArray(values) && values.length > 0) return values as readonly Json[];
  const given = Array.isArray(values) ? 'an empty one' : (JSON.stringify(values) ?? 'nothing').slice(0, 80);
  throw new ExpressionError(`matrix.${key} must be a list with at least one value, not ${given}`, `matrix.${key}`);
}

function filters(name: string, value: Json | undefined): readonly Combination[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every(isObject)) throw new ExpressionError(`matrix.${name} must be a list of objects`, `matrix.${name}`);
  if (value.some((item) => Object.keys(item).length === 0)) throw new ExpressionError(`an entry of matrix.${name} says nothing`, `matrix.${name}`);
  return value as Combination[];
}

function checkExcluded(excludes: readonly Combination[], vectors: Combination): void {
  const unknown = excludes.flatMap((filter) => Object.keys(filter)).find((key) => ownKey(vectors, key) === undefined);
  if (unknown !== undefined) throw new ExpressionError(`matrix.exclude names ${JSON.stringify(unknown)}, which is no key of the matrix`, 'matrix.exclude');
}

function product(axes: readonly (readonly [string, readonly Json[]])[]): Combination[] {
  return axes.reduce<Combination[]>(
    (sofar, [key, values]) => sofar.flatMap((combination) => values.map((value) => Object.fromEntries([...Object.entries(combination), [key, value]]))),
    [{}],
  );
}

function applyInclude(base: readonly Combination[], originalKeys: readonly string[], includes: readonly Combination[]): Named[] {
  const extended = base.map((combination) => new Map(Object.entries(combination)));
  const added: Combination[] = [];
  for (const include of includes) {
    const isOriginal = ([key]: readonly [string, Json]): boolean => originalKeys.some((original) => original.toLowerCase() === key.toLowerCase());
    const original = Object.fromEntries(Object.entries(include).filter(isOriginal));
    const extra = Object.entries(include).filter((entry) => !isOriginal(entry));
    const matching = extended.filter((_, i) => matches(base[i], original));
    if (matching.length === 0) added.push({ ...original, ...Object.fromEntries(extra) });
    for (const combination of matching) {
      for (const [key, value] of extra) combination.set(ownKey(Object.fromEntries(combination), key) ?? key, value);
    }
  }
  return [...extended.map((combination, i): Named => ({ matrix: Object.fromEntries(combination), values: leaves(base[i]!) })),
    ...added.map((matrix): Named => ({ matrix, values: leaves(matrix) }))];
}

/** `build (18, debian)`, of at most 100 characters. */
function withSuffix(name: string, values: readonly string[]): string {
  const full = values.length === 0 ? name : `${name} (${values.join(', ')})`;
  return full.length > 100 ? `${full.slice(0, 97)}...` : full;
}

/** The leaves in their order, empty ones left out. */
function leaves(value: Json): string[] {
  if (value !== null && typeof value === 'object') return Object.values(value).flatMap(leaves);
  return value === null || value === '' ? [] : [scalarText(value)];
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
