/** Starts runs: the first free number, search attributes, and a summary that the Temporal UI shows. */
import { basename } from 'node:path';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair, SearchAttributeType } from '@temporalio/common';
import type { Values } from '../../language/plan.js';
import { groupLockId, LOCK_MEMO_HOLDER, type RunArguments, type RunOptions, SEARCH_ATTRIBUTES, TASK_QUEUE, WORKFLOW_TASK_TIMEOUT } from '../../workflows/messages.js';
import { isServerGone, RefusedError } from '../errors.js';
import { listRuns, quoted } from './list.js';
import { nextNumber, runPrefix } from './names.js';

export interface RunRequest {
  /** The workflow type: the file's name without its ending. */
  readonly type: string;
  /** The cluster, or `local` where the workflow has none. */
  readonly name: string;
  readonly inputs: Values;
  readonly options: RunOptions;
  /** The file as the user named it. */
  readonly file: string;
}

/** What is done on this host around the start of a run. */
export interface Prepare {
  /** Before it is started under this id. */
  before(id: string): void;
  /** It was not: another run had the id, or the server refused. */
  taken(id: string): void;
}

const NOTHING: Prepare = { before: () => undefined, taken: () => undefined };
const TRIES = 20;
/** The highest number is among the newest runs. */
const NEWEST = 50;

/** Starts a run with the next free number and gives its id, `deploy/demo#7`. @throws RefusedError when no number was free */
export async function startRun(client: Client, request: RunRequest, prepare: Prepare = NOTHING): Promise<string> {
  const prefix = runPrefix(request.type, request.name);
  const taken = await listRuns(client, { filter: `WorkflowId STARTS_WITH ${quoted(prefix)}`, limit: NEWEST });
  let number = nextNumber(taken.map((run) => run.id), prefix);
  for (let tries = 0; tries < TRIES; tries += 1, number += 1) {
    const id = `${prefix}${number}`;
    prepare.before(id);
    try {
      await startAs(client, id, request, 'REJECT_DUPLICATE');
      return id;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError || !isServerGone(error)) prepare.taken(id);
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
  throw new RefusedError(`no number was free for a run of ${prefix.slice(0, -1)}\n  Try again in a moment.`);
}

/** Starts a run under the given id. @throws WorkflowExecutionAlreadyStartedError as the reuse policy says */
export async function startAs(client: Client, id: string, request: RunRequest, reuse: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE'): Promise<void> {
  const hasOptions = Object.keys(request.options).length > 0;
  const args: RunArguments = hasOptions ? [request.inputs, request.options] : [request.inputs];
  await client.workflow.start(request.type, {
    workflowId: id,
    taskQueue: TASK_QUEUE,
    args: [...args],
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
    workflowIdReusePolicy: reuse,
    workflowIdConflictPolicy: 'FAIL',
    typedSearchAttributes: attributes(request),
    staticSummary: summary(request),
    staticDetails: details(request),
  });
}

/** The search attributes of a run when it starts. */
export function attributes({ name, type }: Pick<RunRequest, 'name' | 'type'>): SearchAttributePair[] {
  const keyword = (key: string, value: string): SearchAttributePair => ({ key: defineSearchAttributeKey(key, SearchAttributeType.KEYWORD), value });
  return [keyword(SEARCH_ATTRIBUTES.cluster, name), keyword(SEARCH_ATTRIBUTES.file, type)];
}

/** What the run is, for the Temporal UI: `deploy.yml on the cluster demo`. */
function summary({ file, name }: RunRequest): string {
  return `${basename(file)}${name === 'local' ? '' : ` on the cluster ${name}`}`.slice(0, 190);
}

/** Markdown for the Temporal UI: the file, who started it and of what commit, and the inputs. */
export function details({ file, inputs, options }: Pick<RunRequest, 'file' | 'inputs'> & Partial<Pick<RunRequest, 'options'>>): string {
  const code = (text: string): string => `\`${text.replace(/[`\r\n|]/g, ' ')}\``;
  const given = Object.entries(inputs).filter(([, value]) => value !== '').map(([key, value]) => `| ${code(key)} | ${code(String(value))} |`);
  const { actor, event_name: event, repository, ref, sha } = options?.facts?.github ?? {};
  const fact = (title: string, value: unknown): string[] => (typeof value === 'string' && value !== '' ? [`${title}: ${code(value)}`] : []);
  const facts = [...fact('Started by', actor), ...fact('Event', event), ...fact('Repository', repository), ...fact('Ref', ref), ...fact('Commit', sha)];
  return [`File: ${code(file)}`, ...facts.flatMap((line) => ['', line]), ...(given.length === 0 ? [] : ['', '| input | value |', '|---|---|', ...given])].join('\n');
}

/** The id of the run that holds the lock of a concurrency group, when that run is open. */
export async function lockHolder(client: Client, group: string): Promise<string | undefined> {
  const lock = await describe(client, groupLockId(group));
  if (lock?.status.name !== 'RUNNING') return undefined;
  const holder = lock.memo?.[LOCK_MEMO_HOLDER] ?? lock.parentExecution?.workflowId;
  if (typeof holder !== 'string') return groupLockId(group);
  const run = await describe(client, holder);
  return run?.status.name === 'RUNNING' ? holder : undefined; // the lock of a closed run is about to close
}

async function describe(client: Client, id: string) {
  try {
    return await client.workflow.getHandle(id).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
