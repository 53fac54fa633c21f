/** How a run closes in Temporal: what it returns, and the failure that a failed one throws. */
import { ApplicationFailure } from '@temporalio/workflow';
import type { Conclusion, ProgressRecord } from '../language/record.js';
import { RUN_FAILURES } from './messages.js';

export interface RunResult {
  readonly conclusion: Conclusion;
  /** Outputs of the jobs, by key. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function runResult(record: ProgressRecord): RunResult {
  const outputs = record.jobs.filter((job) => Object.keys(job.outputs).length > 0).map((job) => [job.key, job.outputs] as const);
  return { conclusion: record.conclusion ?? 'success', outputs: Object.fromEntries(outputs) };
}

/** Names the steps that failed, what was undone, and what was left. */
export function runFailure(record: ProgressRecord): ApplicationFailure {
  const steps = record.jobs.flatMap((job) => job.steps).filter(({ conclusion }) => conclusion === 'failure');
  const lines = steps.map(({ address, error }) => `${address} failed: ${error ?? 'no reason given'}`);
  const jobs = record.jobs.filter(({ error, steps: own }) => error && !own.some(({ conclusion }) => conclusion === 'failure'));
  const left = record.undos.flatMap((undo) => undo.left);
  const message = [
    ...lines,
    ...jobs.map(({ key, error }) => `${key} failed: ${error}`),
    ...(record.undone ? ['what the run made was undone'] : []),
    ...left.map((thing) => `left: ${thing}`),
  ].join('\n');
  return ApplicationFailure.create({ message: message || 'the run failed', type: RUN_FAILURES.failed, nonRetryable: true });
}
