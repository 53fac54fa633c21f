/** Shows a run as a log until it ends or the person detaches: what its steps print as it comes. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { RunId } from '../../language/ids.js';
import { type Interrupts, listenForInterrupts } from '../interrupts.js';
import { githubPrinter } from '../log/github.js';
import { openRunLog, type RunLog, type RunLogOptions } from '../log/runLog.js';
import { clock } from '../progress/elapsed.js';
import { undoLines } from '../progress/plain.js';
import { newHostWaits, newlyParked } from '../progress/parked.js';
import { troubleHandler, TROUBLES } from '../progress/trouble.js';
import { watchRun } from '../progress/watcher.js';
import type { Terminal } from '../terminal.js';
import { workerIsElsewhere } from '../worker.js';
import type { FollowOptions } from './follow.js';
import type { SeenRecord } from './hostWait.js';
import type { RunEnd } from './outcome.js';

export interface FollowLogOptions extends FollowOptions {
  /** To stderr, with stdout left to a result. @default false */
  readonly aside?: boolean;
  /** Who has it hears the interrupts: the run is cancelled when it aborts. @default they are heard here */
  readonly cancel?: AbortSignal;
  /** How the log is shown, where it is not the whole one for a person. */
  readonly log?: (options: RunLogOptions) => RunLog;
}

/** Milliseconds between two looks at the files of a run on this host. */
const LOOK_MS = 40;
/** And between two questions to Temporal, which cost the worker more; what its answer alone can say is that a job begins, or the run ends. */
const ASK_MS = 200;

/** The run's end, or undefined when the person detached (or `stop` aborted). */
export async function followLog(client: Client, id: string, terminal: Terminal, options: FollowLogOptions = {}): Promise<RunEnd | undefined> {
  const aside = options.aside === true;
  let paused = false;
  const held: string[] = [];
  const write = (lines: readonly string[]): void => {
    if (paused) for (const line of lines) held.push(line);
    else if (lines.length > 0) (aside ? terminal.note : terminal.out)(lines.join('\n')); // as one: more arguments than some ten thousand are too many
  };
  const live = (aside ? terminal.live : terminal.dataLook?.live) ?? false;
  const openLog = options.log ?? ((rest) => openRunLog(id as RunId, rest));
  const log = openLog({
    color: aside ? terminal.color : terminal.dataLook?.color ?? false, fold: live, write, here: !workerIsElsewhere(),
    ...(live ? {} : { clock: () => clock(Date.now()) }), ...(terminal.github ? { printer: (key) => githubPrinter(key, write) } : {}),
  });
  const { ask: _, ...mute } = terminal;
  const interrupts = options.cancel === undefined ? listenForInterrupts(options.mayCancel === false ? mute : terminal, {
    pause: () => { paused = true; },
    resume: () => { paused = false; write(held.splice(0)); },
    cancel: () => cancel(client, id),
  }) : cancelledBy(options.cancel, () => cancel(client, id));
  let seen: SeenRecord | undefined;
  const see = (record: SeenRecord): void => {
    log.see(record);
    const undone = undoLines(seen, record);
    if (undone.length > 0) terminal.note(...undone);
    const parked = [...newlyParked(seen, record, Date.now()), ...newHostWaits(seen, record)];
    if (parked.length > 0) terminal.note(...parked);
    seen = record;
  };
  const over = new AbortController();
  const looking = lookAgain(log, over.signal);
  try {
    const end = await watchRun(client, id, {
      intervalMs: ASK_MS, prompt: true,
      signal: options.stop === undefined ? interrupts.detached : AbortSignal.any([interrupts.detached, options.stop]),
      onRecord: (record) => { see(record); options.onRecord?.(record); },
      onTrouble: troubleHandler(troubleNote(terminal), options.heal),
      ...(options.gone === undefined ? {} : { gone: options.gone }),
    });
    paused = false;
    if (end?.record !== undefined) see(end.record);
    write(held.splice(0));
    return end;
  } finally {
    over.abort();
    await looking;
    interrupts.dispose();
  }
}

async function cancel(client: Client, id: string): Promise<void> {
  await client.workflow.getHandle(id).cancel();
}

function cancelledBy(signal: AbortSignal, act: () => Promise<void>): Interrupts {
  const onAbort = (): void => void act().catch(() => undefined); // the server is gone, or the run is over
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return { detached: new AbortController().signal, dispose: () => signal.removeEventListener('abort', onAbort) };
}

async function lookAgain(log: RunLog, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    log.look();
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined); // the abort ends the loop
  }
}

/** Says once that something does not answer, and once that it does again. */
function troubleNote(terminal: Terminal): Parameters<typeof troubleHandler>[0] {
  let said: string | undefined;
  return (trouble) => {
    const text = trouble === undefined ? undefined : TROUBLES[trouble];
    if (text !== said) terminal.note(text ?? 'connected again');
    said = text;
  };
}
