/** The functions of expressions that are ours: the status functions, hashFiles, and those that the engine gets wrong. */
import { data } from '@actions/expressions';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import { fromData, toData } from './expressionData.js';
import { jsonText } from './jsonText.js';
import { parseLooseJson } from './looseJson.js';

/** The status functions at one place of a run. In a job's `if` they may name some of its needs. */
export interface StatusFunctions {
  readonly success: (...jobs: readonly string[]) => boolean;
  readonly failure: (...jobs: readonly string[]) => boolean;
  readonly cancelled: () => boolean;
}

/** What a function throws whose value has yet to be fetched: nothing is wrong, and the evaluation is asked for again when it is there. */
export class AwaitedValue extends Error {
  override readonly name = 'AwaitedValue';

  constructor(readonly fetch: () => Promise<void>) {
    super('the value has to be fetched');
  }
}

/** The SHA-256 of the files that the patterns match in the job's workspace, or '' where none does: hexadecimal, lower case. It may throw AwaitedValue. */
export type HashFiles = (...patterns: readonly string[]) => string;

/** success() is true, failure() and cancelled() are false. */
export const ALL_WELL: StatusFunctions = { success: () => true, failure: () => false, cancelled: () => false };

/** By name in lower case, as the engine looks them up. */
export function functionsOf(status: StatusFunctions, hashFiles: HashFiles = refuseHashFiles): Map<string, FunctionDefinition> {
  return new Map<string, FunctionDefinition>([
    ...ALWAYS_THERE,
    boolean('success', 255, status.success),
    boolean('failure', 255, status.failure),
    boolean('cancelled', 0, status.cancelled),
    ['hashfiles', { name: 'hashFiles', minArgs: 1, maxArgs: 255, call: (...args) => new data.StringData(hashFiles(...args.map((arg) => arg.coerceString()))) }],
  ]);
}

function boolean(name: string, maxArgs: number, answer: (...jobs: string[]) => boolean): [string, FunctionDefinition] {
  return [name, { name, minArgs: 0, maxArgs, call: (...args) => new data.BooleanData(answer(...args.map((arg) => arg.coerceString()))) }];
}

const ALWAYS_THERE: readonly [string, FunctionDefinition][] = [
  boolean('always', 0, () => true),
  ['fromjson', { name: 'fromJSON', minArgs: 1, maxArgs: 1, call: (value) => toData(parseJson(value!.coerceString())) }],
  ['tojson', { name: 'toJSON', minArgs: 1, maxArgs: 1, call: (value) => new data.StringData(jsonText(fromData(value!))) }],
];

/** For expressions that name neither a status function nor hashFiles, which are most. */
export const DEFAULT_FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = functionsOf(ALL_WELL);

function refuseHashFiles(): never {
  throw new Error('hashFiles is evaluated where the job runs, and not here');
}

function parseJson(text: string): unknown {
  if (text.trim() === '') throw new Error('fromJSON was given an empty text');
  try {
    return parseLooseJson(text);
  } catch (error) {
    throw new Error(`fromJSON was given what is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
