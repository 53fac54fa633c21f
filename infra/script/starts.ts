/**
 * Which steps were about to be started in which boot of the host, on the disk before they are: what of their own journals reached the disk before the
 * power failed, nobody knows. Of a step of an earlier boot only what was recorded for the job counts, so it is cut short, whatever its journal says.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { bootId } from '../processId.js';
import { makeSyncedFolder, syncNames, syncRecord } from '../sync.js';
import { onDisk } from './localJournal.js';

export interface Starts {
  /** The step is about to be started. Safe to repeat. @throws PermanentError when the disk does not take it */
  note(name: string): void;
  /** Whether it was about to be started before this host's last boot. */
  isOfEarlierBoot(name: string): boolean;
  close(): void;
}

/** Makes the folder. @param steps the folder of journals @throws PermanentError when the disk does not take it */
export function openStarts(steps: string): Starts {
  return onDisk(steps, () => open(steps));
}

function open(steps: string): Starts {
  makeSyncedFolder(steps);
  const path = join(steps, 'starts');
  const file = openSync(path, 'a', 0o600);
  const earlier = new Set<string>();
  const boot = bootId();
  const lines = readFileSync(path, 'latin1').split('\n');
  for (const [name = '', of] of lines.map((line) => line.split(' '))) if (of !== undefined && of !== boot) earlier.add(name);
  if (lines.length === 1) syncNames(steps);
  // A line that was cut short: its step was not started.
  else if (lines.at(-1) !== '') writeSync(file, '\n');
  let closed = false;
  return {
    note: (name) => onDisk(steps, () => {
      writeSync(file, `${name} ${boot}\n`);
      syncRecord(file);
    }),
    isOfEarlierBoot: (name) => earlier.has(name),
    close: () => {
      if (!closed) closeSync(file);
      closed = true;
    },
  };
}
