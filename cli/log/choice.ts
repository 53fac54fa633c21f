/** Which part of a run's log is wanted: a record of the same run with those jobs and steps alone. Pure. */
import { suggest } from '../../language/diagnostics.js';
import type { JobRecord, ProgressRecord, StepRecord } from '../../language/record.js';
import { UsageError } from '../errors.js';

export interface LogChoice {
  /** A job's key, id or name. Of a matrix the id names all. */
  readonly job?: string | undefined;
  /** A step's address, id, number or name. */
  readonly step?: string | undefined;
  /** Only steps that failed. */
  readonly failed?: boolean | undefined;
}

/** Whether the choice leaves anything out. */
export function choosesPart({ job, step, failed }: LogChoice): boolean {
  return job !== undefined || step !== undefined || failed === true;
}

/** @throws UsageError when the record has no such job or step, with those that it has */
export function chosenPart(record: ProgressRecord, choice: LogChoice): ProgressRecord {
  const jobs = choice.job === undefined ? record.jobs : record.jobs.filter((job) => isJob(job, choice.job!));
  if (jobs.length === 0 && choice.job !== undefined) throw missing('job', choice.job, record.run, record.jobs.map(({ key }) => key));
  const some = choice.step === undefined ? jobs : jobs.map((job) => ({ ...job, steps: job.steps.filter((step) => isStep(step, choice.step!)) })).filter(({ steps }) => steps.length > 0);
  if (some.length === 0 && choice.step !== undefined) throw missing('step', choice.step, record.run, jobs.flatMap(({ steps }) => steps.map(({ address }) => address as string)));
  return { ...record, jobs: choice.failed ? failedOf(some) : some };
}

function failedOf(jobs: readonly JobRecord[]): readonly JobRecord[] {
  return jobs.map((job) => ({ ...job, steps: job.steps.filter(hasFailed) })).filter(({ steps, error }) => steps.length > 0 || error !== undefined);
}

/** Before `continue-on-error`, as GitHub shows it. */
export function hasFailed({ outcome, conclusion }: Pick<StepRecord, 'outcome' | 'conclusion'>): boolean {
  return (outcome ?? conclusion) === 'failure';
}

function isJob({ key, id, name }: JobRecord, word: string): boolean {
  return [key, id, name].some((one) => one.toLowerCase() === word.toLowerCase());
}

function isStep({ address, id, name }: StepRecord, word: string): boolean {
  return [address, address.slice(address.indexOf('/') + 1), id, name].some((one) => one?.toLowerCase() === word.toLowerCase());
}

const SHOWN = 20;

function missing(what: string, word: string, run: string, there: readonly string[]): UsageError {
  const near = suggest(word, [...there]);
  const listed = [...new Set(there)];
  const more = listed.length > SHOWN ? ` and ${listed.length - SHOWN} more` : '';
  return new UsageError(`${run} has no ${what} ${JSON.stringify(word.slice(0, 80))}${near === undefined ? '' : `; ${near}`}\n  It has: ${listed.length === 0 ? 'none yet' : listed.slice(0, SHOWN).join(', ')}${more}.`);
}
