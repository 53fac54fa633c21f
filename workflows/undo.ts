/**
 * The undo of a run: all that its steps registered, last in, first out.
 *
 * 1. It runs outside the run's cancellation: a cancel that caused it cannot stop it.
 * 2. One that fails is reported and does not keep the others from being done.
 */
import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { ActionInput, UndoResult } from '../activities/contract.js';
import type { RunId } from '../language/ids.js';
import type { UndoRecord } from '../language/record.js';
import { failureText } from './failures.js';

const UNDO_TIMEOUT_MS = 10 * 60_000;
const UNDO_ATTEMPTS = 6;

export interface UndoOptions {
  /** What was registered before the first of them stays. @default false */
  readonly partly?: boolean;
}

export async function undoRun(
  run: RunId,
  attempt: number,
  undos: readonly UndoRecord[],
  onChange: (undo: UndoRecord) => void,
  { partly = false }: UndoOptions = {},
): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    for (const undo of [...undos].reverse()) {
      if (undo.conclusion === 'success') continue;
      onChange({ ...undo, status: 'in_progress' });
      onChange(await undoStep(run, attempt, undo, partly));
    }
  });
}

async function undoStep(run: RunId, attempt: number, undo: UndoRecord, partly: boolean): Promise<UndoRecord> {
  const activities = proxyActivities<Record<string, (input: ActionInput) => Promise<UndoResult>>>({
    startToCloseTimeout: UNDO_TIMEOUT_MS + 60_000,
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '1 second', maximumInterval: '20 seconds' },
    summary: `Undo: ${undo.name}`.slice(0, 190),
    ...(undo.queue === undefined ? {} : { taskQueue: undo.queue }),
  });
  try {
    const limits = { timeoutMs: UNDO_TIMEOUT_MS, maxAttempts: UNDO_ATTEMPTS };
    const { left } = await activities[undo.activity]!({
      run, attempt, job: undo.job, step: undo.address, with: undo.with, ...(undo.deferred ? { deferred: undo.deferred } : {}), limits,
      ...(undo.of === undefined ? {} : { of: undo.of }), ...(partly ? { partly } : {}),
    });
    return { ...undo, status: 'completed', conclusion: left.length === 0 ? 'success' : 'failure', left };
  } catch (error) {
    const text = failureText(error);
    return { ...undo, status: 'completed', conclusion: 'failure', left: [`${undo.name}: ${text}`], error: text };
  }
}
