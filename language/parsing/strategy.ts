/** `strategy:` of a job. */
import { suggest } from '../diagnostics.js';
import { ExpressionError, type Json } from '../expressions.js';
import { isInsert } from '../insert.js';
import { expandMatrix, MOST_MATRIX_JOBS } from '../matrix.js';
import type { StrategyPlan } from '../plan.js';
import { hasExpression, soleExpression } from '../templates.js';
import { SLOTS } from './availability.js';
import { STRATEGY_KEYS } from './knownKeys.js';
import { present, type Reader, type Wanted } from './reader.js';
import { type MappingNode, type ScalarNode, toJson, type YamlNode } from './yamlTree.js';

/** Undefined without a matrix: the other keys mean nothing then. */
export function readStrategy(node: YamlNode, reader: Reader): StrategyPlan | undefined {
  if (node.kind === 'scalar' && hasExpression(node.value)) return readWhole(node, reader);
  const entries = reader.keys(node, 'strategy', STRATEGY_KEYS);
  const failFast = entries.get('fail-fast');
  const maxParallel = entries.get('max-parallel');
  const rest = {
    failFast: (failFast && reader.boolean(failFast.value, '"fail-fast"', SLOTS.strategy)) ?? true,
    ...present({ maxParallel: maxParallel && reader.number(maxParallel.value, '"max-parallel"', {}, SLOTS.strategy) }),
  };
  const matrixNode = entries.get('matrix')?.value;
  const matrix = matrixNode && readMatrix(matrixNode, reader);
  return matrix === undefined ? undefined : { matrix, ...rest };
}

/** The whole is one expression that gives an object: its parts are parts of that expression. */
function readWhole(node: ScalarNode, reader: Reader): StrategyPlan | undefined {
  const template = reader.string(node, 'strategy', SLOTS.strategy, 'object');
  const expression = template === undefined ? undefined : soleOf(template);
  if (expression === undefined) return reader.problem(node.position, 'strategy must be a mapping, or one expression that gives one') ?? { matrix: '', failFast: true };
  return {
    matrix: `\${{ (${expression}).matrix }}`,
    failFast: `\${{ toJSON((${expression})['fail-fast']) != 'false' }}`,
    maxParallel: `\${{ (${expression})['max-parallel'] || ${MOST_MATRIX_JOBS} }}`,
  };
}

function soleOf(template: string): string | undefined {
  try {
    return soleExpression(template.trim())?.trim();
  } catch {
    return undefined;
  }
}

function readMatrix(node: YamlNode, reader: Reader): StrategyPlan['matrix'] | undefined {
  const dynamic = checkTemplates(node, reader, ['object', 'array']);
  if (node.kind === 'scalar' && dynamic) return String(node.value);
  const mapping = reader.mapping(node, '"matrix"');
  if (!mapping) return reader.problem(node.position, 'the matrix is empty') ?? '';
  const matrix = toJson(mapping) as Readonly<Record<string, Json>>;
  if (checkExclude(mapping, reader) && !dynamic) checkMatrix(matrix, node, reader);
  return matrix;
}

/** Whether all that is excluded by name is there, as far as that can be known. */
function checkExclude({ entries }: MappingNode, reader: Reader): boolean {
  const axes = entries.map(({ key }) => key).filter((key) => key !== 'include' && key !== 'exclude');
  const exclude = entries.find(({ key }) => key === 'exclude')?.value;
  if (exclude?.kind !== 'sequence' || axes.some(hasExpression)) return true;
  const isThere = (key: string): boolean => hasExpression(key) || axes.some((axis) => axis.toLowerCase() === key.toLowerCase());
  const unknown = exclude.items.flatMap((item) => (item.kind === 'mapping' ? item.entries.filter(({ key }) => !isThere(key)) : []));
  for (const { key, keyPosition } of unknown) reader.problem(keyPosition, `exclude names ${JSON.stringify(key)}, which is no key of the matrix`, suggest(key, axes));
  return unknown.length === 0;
}

/** A matrix without expressions makes the same jobs in every run, so it is tried now. */
function checkMatrix(matrix: Json, node: YamlNode, reader: Reader): void {
  try {
    expandMatrix(matrix);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    reader.problem(node.position, error.problem);
  }
}

/** Whether there is an expression anywhere in it. @param wanted what one gives here, in a mapping's values here, and so on */
function checkTemplates(node: YamlNode, reader: Reader, [wanted, ...below]: readonly Wanted[] = []): boolean {
  if (node.kind === 'scalar') {
    reader.template(node, SLOTS.strategy, wanted);
    return hasExpression(node.value);
  }
  if (node.kind === 'sequence') return node.items.map((item) => checkTemplates(item, reader)).includes(true);
  return node.entries.map(({ key, keyPosition, value }) => {
    reader.key(key, keyPosition, SLOTS.strategy);
    return checkTemplates(value, reader, isInsert(key) ? [] : below) || hasExpression(key);
  }).includes(true);
}
