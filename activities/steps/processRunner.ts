/**
 * Runs one process of a step on its host, with the tries of its `retry`: starts it, or follows one that a killed worker started, and ends it when
 * it is late or cancelled.
 *
 * 1. A try is never started a second time: the host sees to that. The next one starts only when the one before has ended.
 * 2. What is let go of goes on running; the next one to ask follows it from its first byte, with a fresh output.
 */
import type { RetryPlan } from '../../language/plan.js';
import type { StepHost, StepProcess } from '../../infra/script/host.js';
import type { TryEnd } from '../../infra/script/journal.js';
import type { StopTimes } from '../../infra/script/stop.js';
import type { Interrupts } from './interrupts.js';

/** Takes a try's output as it comes. */
export interface OutputSink {
  push(chunk: Buffer): void | Promise<void>;
}

export interface ProcessWork {
  /** The journal's folder without the try's number. */
  readonly name: string;
  /** Its environment names files of the journal, whose folder is given. */
  readonly process: (name: string, journal: string) => StepProcess;
  /** @default one try */
  readonly retry?: RetryPlan | undefined;
  /** Milliseconds from `startedAt`, for all tries together. @default never */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Whether it goes on although the job is cancelled: its `if` still holds. */
  readonly outlivesCancel: () => boolean;
  /** Milliseconds after which it is left running, and `lingers` is the answer. @default it is waited for */
  readonly lingerMs?: number | undefined;
  /** Ends it as a cancel does. */
  readonly stop?: AbortSignal;
  readonly output: OutputSink;
  /** A line of ours in the step's log. */
  readonly note: (line: string) => void;
}

export type ProcessEnd =
  /** It ended by itself. */
  | { readonly kind: 'ended'; readonly name: string; readonly exitCode: number }
  /** Its process is gone and left no exit code. */
  | { readonly kind: 'cut short'; readonly name: string }
  | { readonly kind: 'stopped'; readonly name: string; readonly why: 'timeout' | 'cancelled'; readonly left: readonly number[] }
  /** It lasts longer than a moment and goes on. */
  | { readonly kind: 'lingers' };

/** How long the rest of the output of what was stopped may take, milliseconds. */
const DRAIN_MS = 10_000;

type Why = 'timeout' | 'cancelled' | 'lingers' | 'let go';

/** @throws the reason of `letGo`; TransientError when the host is lost; PermanentError when it cannot keep a journal */
export async function runProcess(work: ProcessWork, host: StepHost, interrupts: Interrupts, stopTimes: StopTimes): Promise<ProcessEnd> {
  const most = work.retry?.maxAttempts ?? 1;
  for (let number = 1; ; number += 1) {
    const name = tryName(work.name, number);
    if (number > 1) work.note(`try ${number} of ${most}`);
    await host.start(work.process(name, host.journal(name)));
    const end = await follow(work, name, host, interrupts, stopTimes);
    if (number >= most || !mayTryAgain(end, work.retry)) return end;
    if (await host.state(tryName(work.name, number + 1)) !== 'absent') continue;
    if (!await waitForNext(work, number, interrupts)) return end;
  }
}

function tryName(name: string, number: number): string {
  return `${name}-${number}`;
}

async function follow(work: ProcessWork, name: string, host: StepHost, interrupts: Interrupts, stopTimes: StopTimes): Promise<ProcessEnd> {
  let delivered = 0;
  const take = (chunk: Buffer): void | Promise<void> => {
    delivered += chunk.length;
    return work.output.push(chunk);
  };
  const watch = watchOver(work, interrupts);
  try {
    return toEnd(name, await host.follow(name, 0, take, watch.signal));
  } catch (error) {
    if (watch.why() === undefined) throw error;
  } finally {
    watch.dispose();
  }
  const why = watch.why();
  if (why === 'let go') throw interrupts.letGo.reason;
  if (why === 'lingers') return { kind: 'lingers' };
  const left = await host.stop(name, interrupts.force.aborted ? { ...stopTimes, interruptMs: 0, terminateMs: 0 } : stopTimes);
  await host.follow(name, delivered, take, AbortSignal.timeout(DRAIN_MS)).catch(() => undefined);
  return { kind: 'stopped', name, why: why === 'timeout' ? why : 'cancelled', left };
}

function toEnd(name: string, end: TryEnd): ProcessEnd {
  return end === 'cut short' ? { kind: 'cut short', name } : { kind: 'ended', name, exitCode: end.exitCode };
}

/** A signal that is aborted by whatever ends the following, the first of them. */
function watchOver({ timeoutMs, startedAt, lingerMs, outlivesCancel, stop: asked }: ProcessWork, { cancel, force, letGo }: Interrupts) {
  const stop = new AbortController();
  let why: Why | undefined;
  const because = (reason: Why) => (): void => {
    why ??= reason;
    stop.abort(reason);
  };
  const onCancel = (): void => {
    if (!outlivesCancel()) because('cancelled')();
  };
  const timers = [
    ...(timeoutMs === undefined ? [] : [setTimeout(because('timeout'), Math.min(Math.max(0, startedAt + timeoutMs - Date.now()), 2 ** 31 - 1))]),
    ...(lingerMs === undefined ? [] : [setTimeout(because('lingers'), lingerMs)]),
  ];
  const listeners = [[cancel, onCancel], [force, because('cancelled')], [letGo, because('let go')], ...(asked ? [[asked, because('cancelled')] as const] : [])] as const;
  for (const [signal, listener] of listeners) {
    if (signal.aborted) listener();
    signal.addEventListener('abort', listener);
  }
  return {
    signal: stop.signal,
    why: () => why,
    dispose: () => {
      for (const timer of timers) clearTimeout(timer);
      for (const [signal, listener] of listeners) signal.removeEventListener('abort', listener);
    },
  };
}

function mayTryAgain(end: ProcessEnd, retry: RetryPlan | undefined): boolean {
  switch (end.kind) {
    case 'ended':
      return end.exitCode !== 0 && !retry?.nonRetryableExitCodes.includes(end.exitCode);
    case 'cut short':
      return true;
    case 'stopped':
    case 'lingers':
      return false;
  }
}

/** @returns false when the job is cancelled meanwhile @throws the reason of `letGo` */
async function waitForNext({ retry, outlivesCancel }: ProcessWork, number: number, { cancel, letGo }: Interrupts): Promise<boolean> {
  const { initialIntervalMs = 1000, backoff = 2, maxIntervalMs = 60_000 } = retry ?? {};
  const pauseMs = Math.min(maxIntervalMs, initialIntervalMs * backoff ** (number - 1));
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, pauseMs);
    const listener = (): void => done();
    function done(): void {
      clearTimeout(timer);
      for (const signal of [cancel, letGo]) signal.removeEventListener('abort', listener);
      resolve();
    }
    for (const signal of [cancel, letGo]) signal.addEventListener('abort', listener);
    if (letGo.aborted || (cancel.aborted && !outlivesCancel())) done();
  });
  letGo.throwIfAborted();
  return !cancel.aborted || outlivesCancel();
}
