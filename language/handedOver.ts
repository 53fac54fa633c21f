/**
 * How much the steps of a job may hand over to those after them, and jobs to those that need them. GitHub's limit is 1 MB of outputs a job; here what goes
 * into GITHUB_ENV and GITHUB_PATH counts too, because all of it is kept with the run, whose messages hold 2 MiB.
 */
import type { NeedFacts } from './contexts.js';
import type { StepRecord } from './record.js';

/** Characters of JSON. */
export const MOST_HANDED_OVER = 1024 * 1024;

type HandedOver = Pick<StepRecord, 'outputs' | 'env' | 'path'>;

/** In characters of JSON; 0 of a step that hands over nothing. */
export function handedOverSize({ outputs, env = {}, path = [] }: HandedOver): number {
  const nothing = path.length === 0 && [outputs, env].every((values) => Object.keys(values).length === 0);
  return nothing ? 0 : JSON.stringify({ outputs, env, path }).length;
}

/** What is wrong with a step that hands over more than is left. @param before what the job's steps have handed over already */
export function stepTooLarge(step: HandedOver, before: number): string | undefined {
  const size = handedOverSize(step);
  if (size === 0 || before + size <= MOST_HANDED_OVER) return undefined;
  return `the steps of this job hand over more than 1 MiB in all by GITHUB_OUTPUT, GITHUB_ENV and GITHUB_PATH (${before} characters before this step, ${size} by it): leave large things in a file, or in an artifact`;
}

/** What is wrong with a job's outputs. */
export function outputsTooLarge(outputs: Readonly<Record<string, string>>): string | undefined {
  const size = JSON.stringify(outputs).length;
  return size <= MOST_HANDED_OVER ? undefined : `the outputs of the job hold ${size} characters, and 1 MiB is the most: hand large things on as an artifact`;
}

/** What is wrong with the outputs of the jobs that a job needs, taken together. */
export function needsTooLarge(needs: Readonly<Record<string, NeedFacts>>): string | undefined {
  const size = JSON.stringify(needs).length;
  return size <= MOST_HANDED_OVER ? undefined : `the outputs of the jobs that it needs hold ${size} characters together, and 1 MiB is the most: hand large things on as artifacts`;
}
