/** How the activities of actions are made: typed inputs out of `with`, attended work, and the words of a result. */
import { Context } from '@temporalio/activity';
import { parseClusterName, type ClusterName } from '../language/ids.js';
import type { Values } from '../language/plan.js';
import { evaluateDeferred } from '../language/deferredWith.js';
import { ExpressionError } from '../language/expressions.js';
import { InvalidInputError } from '../infra/errors.js';
import { unseal } from '../infra/secrets/sealer.js';
import type { ActionInput, ActionResult, UndoResult } from './contract.js';
import { attend, type Attendance } from './attend.js';
import { jobSecrets } from './steps/secrets.js';

export type Action = (input: ActionInput) => Promise<ActionResult>;
export type Undo = (input: ActionInput) => Promise<UndoResult>;

/** What an action's work gives: whether it changed anything, and its other outputs. Lists and objects become JSON. */
export interface Done {
  readonly changed: boolean;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly failure?: string;
}

/** The activity of an action. */
export function action(work: (input: ActionInput, attendance: Attendance) => Promise<Done>): Action {
  return (input) =>
    attend(input, async (attendance) => {
      // A step's log begins with what runs; also one that has nothing more to say was begun.
      if (attendance.attempt === 1) attendance.log.line(`Run fleetwright/${Context.current().info.activityType}`);
      const { changed, outputs = {}, failure } = await work(await withSecrets(input), attendance);
      const texts = Object.entries({ ...outputs, changed }).map(([name, value]) => [name, text(value)] as const);
      return { outputs: Object.fromEntries(texts), ...(failure === undefined ? {} : { failure }) };
    });
}

/** The activity of an undo. What it removed stands in the step's log. */
export function undo(work: (input: ActionInput, attendance: Attendance) => Promise<UndoResult>): Undo {
  return (input) =>
    attend(input, async (attendance) => {
      const result = await work(await withSecrets(input), attendance);
      for (const thing of result.removed) attendance.log.line(`removed ${thing}`);
      for (const thing of result.left) attendance.log.line(`left ${thing}`);
      return result;
    });
}

/** The input with what only this host may evaluate. @throws InvalidInputError, and what loading the secrets throws */
async function withSecrets(input: ActionInput): Promise<ActionInput> {
  const { run, deferred } = input;
  const opened = Object.fromEntries(Object.entries(input.with).map(([name, value]) => [name, typeof value === 'string' ? unseal(run, value) : value]));
  if (!deferred) return { ...input, with: opened };
  const { values: secrets } = await jobSecrets(run);
  try {
    return { ...input, with: { ...opened, ...evaluateDeferred(deferred, { secrets, hashFiles: () => '' }) } };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new InvalidInputError(error.message, "Mend the step's `with`.");
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** @throws InvalidInputError when it is missing or empty */
export function textInput(values: Values, name: string): string {
  const value = values[name];
  if (value !== undefined && value !== '') return String(value);
  throw new InvalidInputError(`the input ${name} is empty`, `Give the step \`with: ${name}: ...\`.`);
}

/** Empty when it is missing. */
export function optionalInput(values: Values, name: string): string {
  return String(values[name] ?? '');
}

/** @throws InvalidInputError when it is no whole number */
export function numberInput(values: Values, name: string): number {
  const value = Number(textInput(values, name));
  if (Number.isInteger(value)) return value;
  throw new InvalidInputError(`the input ${name} is ${JSON.stringify(values[name])}, which is no whole number`, `Give a whole number.`);
}

/** Words separated by blanks. */
export function listInput(values: Values, name: string): readonly string[] {
  return textInput(values, name).split(/\s+/).filter(Boolean);
}

/** @throws InvalidIdError, InvalidInputError */
export function clusterInput(values: Values): ClusterName {
  return parseClusterName(textInput(values, 'cluster'));
}
