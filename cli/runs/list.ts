/** Lists runs, and finds the one that a person means. */
import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import { GROUP_QUEUE, LOCK_MEMO_HOLDER, MEMO, SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../workflows/messages.js';
import { UsageError } from '../errors.js';
import { matchRuns } from './names.js';

export interface RunSummary {
  readonly id: string;
  /** The workflow type, which is the file's name. */
  readonly type: string;
  /** Temporal's status: `RUNNING`, `COMPLETED`, `FAILED`, ... */
  readonly status: string;
  readonly startedAt: Date;
  readonly closedAt?: Date;
  /** What `run-name` gave. */
  readonly name?: string;
  readonly cluster?: string;
  /** Of a run that is closed: GitHub's words, or `undone`. Absent when it was ended by force. */
  readonly conclusion?: string;
}

const MOST = 500;
const PAGE = 200;

/** Runs, newest first, without the children that do their jobs and hold their locks. @param filter an expression of Temporal's visibility */
export async function listRuns(client: Client, { filter, limit = MOST }: { readonly filter?: string; readonly limit?: number } = {}): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  const seen = new Set<string>();
  let looked = 0;
  // The server leaves out the children, which may be hundreds a run, and reads no more than is wanted.
  const query = `TaskQueue = '${TASK_QUEUE}' AND ParentWorkflowId IS NULL${filter === undefined ? '' : ` AND ${filter}`}`;
  for await (const info of client.workflow.list({ query, pageSize: Math.min(limit, PAGE) })) {
    if ((looked += 1) > MOST * 10 || runs.length >= limit) break;
    if (info.parentExecution?.workflowId || seen.has(info.workflowId)) continue; // an older attempt of a run is the same run
    seen.add(info.workflowId);
    runs.push(summary(info));
  }
  return runs;
}

function summary(info: WorkflowExecutionInfo): RunSummary {
  const name = info.memo?.[MEMO.name];
  const [cluster, conclusion] = [SEARCH_ATTRIBUTES.cluster, SEARCH_ATTRIBUTES.conclusion].map((key) => info.searchAttributes[key]?.[0]);
  return {
    id: info.workflowId, type: info.type, status: info.status.name, startedAt: info.startTime,
    ...(info.closeTime === undefined ? {} : { closedAt: info.closeTime }), ...(typeof name === 'string' ? { name } : {}),
    ...(cluster === undefined ? {} : { cluster: String(cluster) }), ...(conclusion === undefined ? {} : { conclusion: String(conclusion) }),
  };
}

/** The runs that wait in the queue of a concurrency group, by id: who stands there holds the place by a workflow of its own. */
export async function queuedRuns(client: Client): Promise<ReadonlyMap<string, { readonly group: string; readonly place: number }>> {
  const found = new Map<string, { readonly group: string; readonly place: number }>();
  for await (const { workflowId, memo } of client.workflow.list({ query: `TaskQueue = '${TASK_QUEUE}' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH ${quoted(GROUP_QUEUE)}` })) {
    const [, place, group] = /^(\d+)\/(.*)$/s.exec(workflowId.slice(GROUP_QUEUE.length)) ?? [];
    const holder = memo?.[LOCK_MEMO_HOLDER];
    if (typeof holder === 'string' && memo?.['job'] === undefined && group !== undefined) found.set(holder, { group, place: Number(place) });
  }
  return found;
}

/** How a run stands, in a word: its conclusion, or Temporal's status where it has none. */
export function stateOf({ status, conclusion }: Pick<RunSummary, 'status' | 'conclusion'>): string {
  return status === 'RUNNING' ? 'running' : conclusion ?? status.toLowerCase();
}

/** A string in a visibility query. */
export const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/**
 * The id of the run that a word names: an id, a unique end of one (`demo#7`, `#7`), or `latest`. Without a word the latest open
 * run, or the latest of all. @throws UsageError when there is none or more than one
 */
export async function findRun(client: Client, word?: string): Promise<string> {
  if (word !== undefined && word.includes('/') && await exists(client, word)) return word;
  if (word === undefined) {
    const open = await listRuns(client, { filter: "ExecutionStatus = 'Running'", limit: 1 });
    if (open[0] !== undefined) return open[0].id;
  }
  const ids = (await listRuns(client)).map((run) => run.id);
  const found = matchRuns(ids, word ?? 'latest');
  if (found.length === 1 && found[0] !== undefined) return found[0];
  if (word === undefined || ids.length === 0) throw new UsageError('there is no run yet\n  Start one with `fleetwright up`.');
  if (found.length > 1) throw new UsageError(`${JSON.stringify(word)} names more than one run: ${found.slice(0, 5).join(', ')}`);
  throw new UsageError(`there is no run ${JSON.stringify(word)}\n  The latest are: ${ids.slice(0, 5).join(', ')}.`);
}

async function exists(client: Client, id: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(id).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
