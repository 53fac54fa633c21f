/** `fleetwright runs`: the runs that Temporal knows, by cluster, conclusion and file. */
import { basename } from 'node:path';
import { parseClusterName } from '../../language/ids.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { elapsed } from '../progress/elapsed.js';
import { listRuns, quoted, type RunSummary, stateOf } from '../runs/list.js';
import { openSession } from '../session.js';
import { formatTable, type Row } from '../tables.js';
import type { Terminal } from '../terminal.js';
import { count } from '../values/count.js';

export interface RunsFlags extends CommonFlags {
  readonly cluster?: string;
  /** `running`, one of GitHub's conclusions, or `undone`. */
  readonly conclusion?: string;
  /** A workflow file: its name, with or without folders and ending. */
  readonly file?: string;
  readonly limit?: string;
}

const SHOWN = 20;

/** @throws InvalidIdError for a bad cluster name, UsageError for a bad limit, TemporalUnreachableError */
export async function runs(terminal: Terminal, flags: RunsFlags): Promise<ExitCode> {
  const limit = count('--limit', flags.limit) ?? SHOWN;
  const filter = filterOf(flags);
  const session = await openSession(flags, terminal, 'nothing');
  try {
    const found = await listRuns(session.client, { limit, ...(filter === undefined ? {} : { filter }) });
    if (flags.json) terminal.out(JSON.stringify(found.map((run) => ({ ...run, state: stateOf(run), url: session.url(run.id) ?? null })), undefined, 2));
    else if (found.length === 0) terminal.note(filter === undefined ? 'There is no run yet: start one with `fleetwright up` or `fleetwright run FILE`.' : 'No run is like that: `fleetwright runs` lists all.');
    else terminal.out(...formatTable(found.map((run) => runRow(run, Date.now()))));
    if (found.length === limit) terminal.note(`These are the latest ${limit}: --limit shows more.`);
    return EXIT.ok;
  } finally {
    await session.close();
  }
}

/** An expression of Temporal's visibility; undefined where all runs are wanted. @throws InvalidIdError */
export function filterOf({ cluster, conclusion, file }: Pick<RunsFlags, 'cluster' | 'conclusion' | 'file'>): string | undefined {
  const parts = [
    ...(cluster === undefined ? [] : [`${SEARCH_ATTRIBUTES.cluster} = ${quoted(parseClusterName(cluster))}`]),
    ...(conclusion === undefined ? [] : [conclusion === 'running' ? "ExecutionStatus = 'Running'" : `ExecutionStatus != 'Running' AND ${SEARCH_ATTRIBUTES.conclusion} = ${quoted(conclusion)}`]),
    ...(file === undefined ? [] : [`${SEARCH_ATTRIBUTES.file} = ${quoted(basename(file).replace(/\.ya?ml$/, ''))}`]),
  ];
  return parts.length === 0 ? undefined : parts.join(' AND ');
}

function runRow(run: RunSummary, now: number): Row {
  const { id, type, cluster = '', startedAt, closedAt, name = '' } = run;
  return {
    run: id, file: type, cluster, state: stateOf(run), started: startedAt.toISOString().replace(/\.\d+Z$/, 'Z'),
    took: elapsed((closedAt?.getTime() ?? now) - startedAt.getTime()), name,
  };
}
