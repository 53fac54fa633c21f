/** `strategy:` of a job. */
import { ExpressionError, type Json } from '../expressions.js';
import { expandMatrix } from '../matrix.js';
import type { StrategyPlan } from '../plan.js';
import { hasExpression } from '../templates.js';
import { SLOTS } from './availability.js';
import { STRATEGY_KEYS } from './knownKeys.js';
import { present, type Reader } from './reader.js';
import { toJson, type YamlNode } from './yamlTree.js';

/** Undefined without a matrix: the other keys mean nothing then. */
export function readStrategy(node: YamlNode, reader: Reader): StrategyPlan | undefined {
  const entries = reader.keys(node, 'strategy', STRATEGY_KEYS);
  const failFast = entries.get('fail-fast');
  const maxParallel = entries.get('max-parallel');
  const rest = {
    failFast: (failFast && reader.boolean(failFast.value, '"fail-fast"', SLOTS.strategy)) ?? true,
    ...present({ maxParallel: maxParallel && reader.number(maxParallel.value, '"max-parallel"', { least: 1, integer: true }, SLOTS.strategy) }),
  };
  const matrixNode = entries.get('matrix')?.value;
  const matrix = matrixNode && readMatrix(matrixNode, reader);
  return matrix === undefined ? undefined : { matrix, ...rest };
}

function readMatrix(node: YamlNode, reader: Reader): StrategyPlan['matrix'] | undefined {
  const dynamic = checkTemplates(node, reader);
  if (node.kind === 'scalar' && dynamic) return String(node.value);
  const mapping = reader.mapping(node, '"matrix"');
  if (!mapping) return reader.problem(node.position, 'the matrix is empty');
  const matrix = toJson(mapping) as Readonly<Record<string, Json>>;
  if (!dynamic) checkMatrix(matrix, node, reader);
  return matrix;
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

/** Whether there is an expression anywhere in it. */
function checkTemplates(node: YamlNode, reader: Reader): boolean {
  if (node.kind === 'scalar') {
    reader.template(node, SLOTS.strategy);
    return hasExpression(node.value);
  }
  const children = node.kind === 'sequence' ? node.items : node.entries.map(({ value }) => value);
  return children.map((child) => checkTemplates(child, reader)).includes(true);
}
