/** Watches a run on the screen until it ends or the person detaches. */
import type { Client } from '@temporalio/client';
import { lastLogLine } from '../../infra/logStore.js';
import type { RunId } from '../../language/ids.js';
import type { ProgressRecord } from '../../language/record.js';
import { listenForInterrupts } from '../interrupts.js';
import { screenFor } from '../progress/screen.js';
import { troubleHandler } from '../progress/trouble.js';
import { type Trouble, watchRun } from '../progress/watcher.js';
import type { Terminal } from '../terminal.js';
import type { RunEnd } from './outcome.js';

export interface FollowOptions {
  /** Ctrl-C asks whether to cancel; else it detaches at once. @default true */
  readonly mayCancel?: boolean;
  /** Called while something does not answer, at most every second: starts it again where it is ours. */
  readonly heal?: (trouble: Trouble) => Promise<void>;
  /** As in `WatchOptions`. */
  readonly gone?: () => Trouble | undefined;
  /** Sees every record. Aborting `stop` ends the watching without a word. */
  readonly onRecord?: (record: ProgressRecord) => void;
  readonly stop?: AbortSignal;
}

/** The run's end, or undefined when the person detached (or `stop` aborted). */
export async function followRun(client: Client, id: string, terminal: Terminal, options: FollowOptions = {}): Promise<RunEnd | undefined> {
  const screen = screenFor(terminal, (step) => lastLogLine(id as RunId, step));
  const { ask: _, ...mute } = terminal;
  const interrupts = listenForInterrupts(options.mayCancel === false ? mute : terminal, {
    pause: () => screen.pause(),
    resume: () => screen.resume(),
    cancel: async () => { await client.workflow.getHandle(id).cancel(); },
  });
  try {
    const end = await watchRun(client, id, {
      intervalMs: terminal.live ? 250 : 500,
      signal: options.stop === undefined ? interrupts.detached : AbortSignal.any([interrupts.detached, options.stop]),
      onRecord: (record) => { screen.show(record); options.onRecord?.(record); },
      onTrouble: troubleHandler(screen.trouble, options.heal),
      ...(options.gone === undefined ? {} : { gone: options.gone }),
    });
    screen.finish(end?.record);
    return end;
  } catch (error) {
    screen.finish();
    throw error;
  } finally {
    interrupts.dispose();
  }
}
