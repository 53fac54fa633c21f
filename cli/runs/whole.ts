/** A run as those see it who do not wait for its end: its record now, and what it left on this host. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { PermanentError, shellWord } from '../../infra/errors.js';
import type { StoredAnnotation } from '../../infra/log/store.js';
import { fileLogStore } from '../../infra/log/fileStore.js';
import type { RunId } from '../../language/ids.js';
import type { ProgressRecord } from '../../language/record.js';
import { isServerGone } from '../errors.js';
import { workerIsElsewhere } from '../worker.js';
import { type SeenRecord, withHostWaits } from './hostWait.js';
import { findRun } from './list.js';
import type { RunEnd } from './outcome.js';
import { describeRun, queryRecord, readEnd } from './read.js';

export interface SeenRun {
  readonly id: RunId;
  readonly description: WorkflowExecutionDescription;
  readonly record: SeenRecord;
  /** Of a run that is closed. */
  readonly end?: RunEnd;
}

/**
 * The run that a word names, as it stands. @throws UsageError when there is no such run; PermanentError when nobody can tell how far it is:
 * an open one without a worker, a closed one without a record
 */
export async function seeRun(client: Client, word?: string): Promise<SeenRun> {
  const id = await findRun(client, word) as RunId;
  const description = await describeRun(client, id);
  if (description.status.name === 'RUNNING') return { id, description, record: await withHostWaits(client, description, await recordNow(client, id)) };
  const end = await readEnd(client, description);
  if (end.record !== undefined) return { id, description, end, record: end.record };
  const why = end.failure === undefined ? end.status.toLowerCase() : [end.failure.message, ...end.failure.details].join('\n  ');
  throw new PermanentError(`${id} left no record: ${why}`, 'Temporal\'s UI has its history.');
}

async function recordNow(client: Client, id: RunId): Promise<ProgressRecord> {
  try {
    return await queryRecord(client, id);
  } catch (error) {
    if (isServerGone(error)) throw error;
    throw new PermanentError(`${id} is open, and no worker answers that could say how far it is`, `\`fleetwright watch ${shellWord(id)}\` starts the worker of this host and follows the run.`, { cause: error });
  }
}

/** What the steps of a run said beside their logs. */
export interface Said {
  readonly annotations: readonly StoredAnnotation[];
  /** Markdown, masked already. */
  readonly summaries: readonly { readonly job: string; readonly step: string; readonly markdown: string }[];
}

/** From the log store of this host; nothing where the worker is on another one. */
export function saidBy(run: RunId): Said {
  if (workerIsElsewhere()) return { annotations: [], summaries: [] };
  const store = fileLogStore();
  return {
    annotations: store.annotations(run),
    summaries: store.summaries(run).map(({ job, step, markdown }) => ({ job, step, markdown: markdown.toString('utf8') })),
  };
}
