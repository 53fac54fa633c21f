/** Gives a step's log as it grows, from its file on the worker's own host. */
import { closeSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { exitCode, journalState, openIfThere, preventBegin, readAt } from './localJournal.js';
import type { ProcessState } from './host.js';
import type { TryEnd } from './journal.js';

export interface Following {
  /** The folder of the step's journal. */
  readonly folder: string;
  /** In the log. */
  readonly from: number;
  readonly onChunk: (chunk: Buffer) => void | Promise<void>;
  readonly signal: AbortSignal;
  /** What wakes it before the next look: when its supervisor says that the step has ended. */
  readonly ended?: Promise<void> | undefined;
  /** What only a look at all processes can tell. */
  readonly marked: () => boolean;
}

/** Milliseconds between two looks, at the log and at the journal. */
const LOOK_MS = 50;
const CHUNK_BYTES = 256 * 1024;
/** A process that is just executing another program shows no environment: so many looks in a row count as gone. */
const MISSES = 4;

/** @throws the signal's reason, and what `onChunk` throws */
export async function followLocal(following: Following): Promise<TryEnd> {
  const { folder, signal, ended, onChunk } = following;
  const log = new GrowingFile(join(folder, 'log'), following.from);
  const pause = pauses(ended, signal);
  // While its own supervisor has it in hand there is nothing to look for yet.
  let [state, misses]: [ProcessState, number] = [ended ? 'running' : stateOf(folder, following.marked), 0];
  try {
    for (;;) {
      signal.throwIfAborted();
      await log.give(onChunk, signal);
      if (state === 'ended') return { exitCode: exitCode(folder)! };
      misses = state === 'running' ? 0 : misses + 1;
      if (misses >= MISSES) {
        if (preventBegin(folder) || stateOf(folder, following.marked) === 'cut short') return 'cut short';
        misses = 0;
      }
      await pause();
      // The size of the log is taken after the look: that of a step that has ended is whole.
      state = stateOf(folder, following.marked);
    }
  } finally {
    log.close();
  }
}

/** `journalState`, with the look at all processes where that alone can tell. */
export function stateOf(folder: string, marked: () => boolean): ProcessState {
  const state = journalState(folder);
  if (state !== 'unknown') return state;
  return marked() ? 'running' : 'cut short';
}

class GrowingFile {
  private file: number | undefined;

  constructor(private readonly path: string, private offset: number) {}

  /** All that is there now. What is printed meanwhile is left for the next time, so it ends. */
  async give(onChunk: Following['onChunk'], signal: AbortSignal): Promise<void> {
    this.file ??= openIfThere(this.path);
    if (this.file === undefined) return;
    const { size } = fstatSync(this.file);
    while (this.offset < size) {
      const chunk = readAt(this.file, this.offset, Math.min(size - this.offset, CHUNK_BYTES));
      // Somebody cut the file.
      if (chunk.length === 0) return;
      await onChunk(chunk);
      this.offset += chunk.length;
      if (this.offset < size) await turn();
      signal.throwIfAborted();
    }
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
  }
}

/** A pause is over after LOOK_MS, or when the step has ended, or nobody waits any more. */
function pauses(ended: Promise<void> | undefined, signal: AbortSignal): () => Promise<void> {
  let wake = (): void => undefined;
  let awake = false;
  void ended?.then(() => {
    awake = true;
    wake();
  });
  return () => new Promise((resolve) => {
    wake = (): void => {
      awake = false;
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, LOOK_MS);
    signal.addEventListener('abort', wake);
    if (awake) wake();
  });
}
