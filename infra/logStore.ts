/** The log store: one file a step, outside the history. What a step's work prints goes here, secrets masked by who writes it. */
import { closeSync, mkdirSync, openSync, readSync, fstatSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RunId, StepAddress } from '../language/ids.js';
import { stateDir } from './paths.js';

export interface StepLog {
  /** One line, with the time before it. */
  line(text: string): void;
  /** Output as it came. */
  write(chunk: Buffer): void;
  close(): void;
}

/** The file of a step's log; every attempt is appended to it. */
export function stepLogPath(run: RunId, step: StepAddress): string {
  return stateDir('runs', encodeURIComponent(run), 'logs', `${encodeURIComponent(step)}.log`);
}

/** Keeps how much of a try's output is in the step's log: see `script/followedTo.ts`. */
export function followedToPath(run: RunId, step: StepAddress, name: string): string {
  return stateDir('runs', encodeURIComponent(run), 'logs', `${encodeURIComponent(step)}.${name}.followed`);
}

export function openStepLog(run: RunId, step: StepAddress): StepLog {
  const path = stepLogPath(run, step);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'a', 0o600);
  let open = true;
  return {
    line: (text) => void (open && writeSync(file, `${new Date().toISOString()} ${text}\n`)),
    write: (chunk) => void (open && writeSync(file, chunk)),
    close: () => {
      if (open) closeSync(file);
      open = false;
    },
  };
}

/** The last line of a step's log, without its time; undefined when there is none. */
export function lastLogLine(run: RunId, step: StepAddress): string | undefined {
  const tail = logTail(run, step, 4096);
  return tail?.trimEnd().split('\n').at(-1)?.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /, '');
}

/** The last bytes of a step's log, as text; undefined when there is none. */
export function logTail(run: RunId, step: StepAddress, bytes: number): string | undefined {
  let file: number;
  try {
    file = openSync(stepLogPath(run, step), 'r');
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, bytes));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
}
