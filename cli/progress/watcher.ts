/** Follows a run to its end by asking for its record again and again; server and worker may go and come meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type { ProgressRecord } from '../../language/record.js';
import { isRefused, isServerGone } from '../errors.js';
import { hostWaitsNowAndThen, type SeenRecord } from '../runs/hostWait.js';
import type { RunEnd } from '../runs/outcome.js';
import { describeRun, queryRecord, readEnd } from '../runs/read.js';

/** What does not answer. */
export type Trouble = 'server' | 'worker';

export interface WatchOptions {
  /** Milliseconds between two looks, at least: what a busy host takes long to answer is asked less often. */
  readonly intervalMs: number;
  /** Ends the watching, not the run. */
  readonly signal: AbortSignal;
  readonly onRecord: (record: SeenRecord) => void;
  /** Called when the server or the worker stops answering, at each look that fails, and with undefined when all is well again. */
  readonly onTrouble?: (trouble: Trouble | undefined) => void;
  /** What has ended on this host, seen without asking it: a question to what is gone waits for its whole deadline. @default nothing is known */
  readonly gone?: () => Trouble | undefined;
  /** Milliseconds that a look may take. @default 3000 */
  readonly deadlineMs?: number;
  /** Looks at once when the run closes. @default false */
  readonly prompt?: boolean;
}

/** Looks take at most a fifth of the time: server and worker have more to do than to answer. */
const PAUSE_BY_LOOK = 4;
const LONGEST_PAUSE_MS = 2_000;

/** The run's end, or undefined when `signal` aborted first. @throws WorkflowNotFoundError for a run that does not exist */
export async function watchRun(client: Client, id: string, options: WatchOptions): Promise<RunEnd | undefined> {
  const { signal, deadlineMs = 3_000 } = options;
  let last: ProgressRecord | undefined;
  let troubled = false;
  const seen = hostWaitsNowAndThen(client);
  const stopped = aborted(signal);
  const woken = new AbortController();
  if (options.prompt) void closing(client, id).then(() => woken.abort());
  while (!signal.aborted) {
    const since = performance.now();
    const look = await Promise.race([lookAt(client, id, { deadlineMs, last, gone: options.gone, seen }), stopped]);
    if (look === undefined) break;
    if (look.end !== undefined) return look.end;
    if (look.record !== undefined) {
      const { hostWaits: _, ...record } = look.record;
      last = record;
      options.onRecord(look.record);
    }
    if (look.trouble !== undefined || troubled) options.onTrouble?.(look.trouble);
    troubled = look.trouble !== undefined;
    await pause(Math.max(options.intervalMs, Math.min(LONGEST_PAUSE_MS, PAUSE_BY_LOOK * (performance.now() - since))), woken.signal.aborted ? signal : AbortSignal.any([signal, woken.signal]));
  }
  return undefined;
}

/** Two small files are read each time. */
const GONE_EVERY_MS = 200;
const OPEN = ['RUNNING', 'CONTINUED_AS_NEW', 'PAUSED'];

interface Look { readonly record?: SeenRecord; readonly trouble?: Trouble; readonly end?: RunEnd }

interface LookOptions extends Pick<WatchOptions, 'gone'> {
  readonly deadlineMs: number;
  readonly last: ProgressRecord | undefined;
  readonly seen: ReturnType<typeof hostWaitsNowAndThen>;
}

async function lookAt(client: Client, id: string, { deadlineMs, last, gone, seen }: LookOptions): Promise<Look> {
  // A run that is closed is read without a worker.
  const known = await unlessGone(standingOf(client, id, deadlineMs, last), () => (gone?.() === 'server' ? 'server' : undefined));
  if (!('description' in known)) return known;
  return unlessGone(recordOf(client, id, deadlineMs).then(async (look) => (look.record === undefined ? look : { record: await seen(known.description, look.record) })), gone);
}

/** What Temporal says of an open run; how a closed one ended. */
async function standingOf(client: Client, id: string, deadlineMs: number, last: ProgressRecord | undefined): Promise<Look | { readonly description: WorkflowExecutionDescription }> {
  try {
    const description = await describeRun(client, id, deadlineMs);
    return OPEN.includes(description.status.name) ? { description } : { end: await readEnd(client, description, last) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isRefused(error)) throw error;
    return { trouble: 'server' };
  }
}

async function recordOf(client: Client, id: string, deadlineMs: number): Promise<Look> {
  try {
    return { record: await queryRecord(client, id, deadlineMs) };
  } catch (error) {
    return { trouble: isServerGone(error) ? 'server' : 'worker' };
  }
}

/** The answer, or the trouble as soon as what should answer is seen to have ended; it may have before. */
async function unlessGone<T>(answer: Promise<T>, gone: () => Trouble | undefined = () => undefined): Promise<T | Look> {
  let looking: NodeJS.Timeout | undefined;
  const ended = new Promise<Look>((resolve) => {
    const look = (): void => {
      const trouble = gone();
      if (trouble !== undefined) resolve({ trouble });
    };
    look();
    looking = setInterval(look, GONE_EVERY_MS);
  });
  return Promise.race([answer, ended]).finally(() => clearInterval(looking));
}

/** Resolves when the run closes, or when that cannot be waited for. */
async function closing(client: Client, id: string): Promise<void> {
  await client.workflow.getHandle(id).result().catch(() => undefined); // how it closed is read by the look that follows
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined); // an abort ends the loop above
}
