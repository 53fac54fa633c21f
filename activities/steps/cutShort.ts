/** What a segment gives back when it cannot go on: nothing that its journal has is lost. */
import { CancelledFailure } from '@temporalio/common';
import { ExpressionError } from '../../language/expressions.js';
import type { StepPlan } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';
import { Masker } from '../../infra/log/masker.js';
import type { StepsInput, StepsResult } from '../contract.js';
import { toFailure } from '../failures.js';
import { postAddress, preAddress } from './actionAddresses.js';
import type { JobEntries } from './entries.js';
import { jobSecrets } from './secrets.js';

/** The result of a segment that failed for good: what is done of it, what had begun as failed, and why. The job is over with it. */
export async function cutShort(error: unknown, { facts, steps, ahead = [] }: StepsInput, entries: JobEntries, queue: string): Promise<StepsResult> {
  const message = error instanceof ExpressionError ? error.message : toFailure(error, 1, 1).message;
  const how = error instanceof CancelledFailure ? 'cancelled' : 'failure';
  const records = [...[...steps, ...ahead].flatMap((step) => recorded(step, entries, how, message)), ...postRecords(entries)];
  const secrets = await jobSecrets(facts.run.id).catch(() => undefined);
  const result = (closed: readonly StepRecord[], why: string): StepsResult => ({ steps: closed, queue, open: false, error: why });
  // Without the secrets nobody can tell where they are.
  if (!secrets) return entries.finish(result(records.map(withoutTexts), message));
  const masker = new Masker();
  for (const secret of [...Object.values(secrets.values), ...entries.masks]) masker.add(secret);
  return entries.finish(result(records.map((record) => secrets.sealed(record, masker)), masker.mask(message)), secrets.seal);
}

function recorded({ address, id, name }: StepPlan, entries: JobEntries, how: 'cancelled' | 'failure', error: string): readonly StepRecord[] {
  const pre = entries.ended(preAddress(address))?.record;
  const [done, begun] = [entries.ended(address)?.record, entries.begun(address)];
  const failed: StepRecord | undefined = begun && {
    address, ...(id === undefined ? {} : { id }), name: begun.name ?? name, status: 'completed', outcome: how, conclusion: how, outputs: {}, error, startedAt: begun.at, endedAt: Date.now(),
  };
  return [pre, done ?? failed].filter((record) => record !== undefined);
}

function postRecords(entries: JobEntries): readonly StepRecord[] {
  return entries.posts.flatMap(({ address }) => entries.ended(postAddress(address))?.record ?? []);
}

function withoutTexts({ address, id, status, outcome, conclusion, startedAt, endedAt, name, stage }: StepRecord): StepRecord {
  return {
    address, ...(id === undefined ? {} : { id }), name, status, outputs: {}, ...(outcome ? { outcome } : {}), ...(conclusion ? { conclusion } : {}),
    ...(startedAt === undefined ? {} : { startedAt }), ...(endedAt === undefined ? {} : { endedAt }), ...(stage ? { stage } : {}),
  };
}
