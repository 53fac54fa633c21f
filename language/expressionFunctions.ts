/** The functions of expressions that are ours: the status functions, and those that the engine gets wrong. */
import { data } from '@actions/expressions';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import { notYet } from './diagnostics.js';
import { fromData, toData } from './expressionData.js';

/** The status functions at one place of a run. In a job's `if` they may name some of its needs. */
export interface StatusFunctions {
  readonly success: (...jobs: readonly string[]) => boolean;
  readonly failure: (...jobs: readonly string[]) => boolean;
  readonly cancelled: () => boolean;
}

/** success() is true, failure() and cancelled() are false. */
export const ALL_WELL: StatusFunctions = { success: () => true, failure: () => false, cancelled: () => false };

/** By name in lower case, as the engine looks them up. */
export function functionsOf(status: StatusFunctions): Map<string, FunctionDefinition> {
  const boolean = (name: string, maxArgs: number, answer: (...jobs: string[]) => boolean): [string, FunctionDefinition] => [
    name,
    { name, minArgs: 0, maxArgs, call: (...args) => new data.BooleanData(answer(...args.map((arg) => arg.coerceString()))) },
  ];
  return new Map<string, FunctionDefinition>([
    boolean('success', 255, status.success),
    boolean('failure', 255, status.failure),
    boolean('cancelled', 0, status.cancelled),
    boolean('always', 0, () => true),
    ['hashfiles', { name: 'hashFiles', minArgs: 1, maxArgs: 255, call: notYetHashFiles }],
    ['fromjson', { name: 'fromJSON', minArgs: 1, maxArgs: 1, call: (value) => toData(parseJson(value!.coerceString())) }],
    ['tojson', { name: 'toJSON', minArgs: 1, maxArgs: 1, call: (value) => new data.StringData(JSON.stringify(fromData(value!), null, 2)) }],
  ]);
}

function notYetHashFiles(): never {
  throw new Error(notYet('hashFiles'));
}

function parseJson(text: string): unknown {
  if (text.trim() === '') throw new Error('fromJSON was given an empty text');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`fromJSON was given what is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
