/**
 * The files of steps that are over, for the next steps of their job: some file systems make and remove a file much slower than they write one anew.
 *
 * 1. What is kept is empty, and has no other use: whoever renews it writes all of it before it has its new name.
 * 2. A log is never used again, nor is an environment file that was written to: what a step left running may still hold it open.
 */
import { linkSync, renameSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENVIRONMENT_FILES } from './environment.js';
import type { StepFiles } from './journal.js';

const TEXTS: readonly (keyof StepFiles)[] = ['script', 'command'];
/** As many as steps run at the same time in most jobs. */
const MOST_KEPT = 4;

export class SpareFiles {
  /** Folders of journals. */
  readonly #kept: string[] = [];

  /** Takes the files of a step that is over, emptied; they go when there are enough. */
  keep(folder: string): void {
    const isKept = this.#kept.length < MOST_KEPT;
    if (isKept) this.#kept.push(folder);
    for (const name of TEXTS) {
      if (isKept) unlessAbsent(() => truncateSync(join(folder, name)));
      else rmSync(join(folder, name), { force: true });
    }
  }

  /** Gives the files to a new journal that has none yet. What is not there is left for others to make. */
  renew(folder: string, texts: StepFiles): void {
    const old = this.#kept.pop();
    if (old === undefined) return;
    for (const name of TEXTS) {
      unlessAbsent(() => {
        writeFileSync(join(old, name), texts[name], { flag: 'r+' });
        renameSync(join(old, name), join(folder, name));
      });
    }
    for (const name of Object.values(ENVIRONMENT_FILES)) unlessAbsent(() => moveEmpty(join(old, name), join(folder, name)));
  }
}

/** Never over one that is there: the step of another worker may have written to it. */
function moveEmpty(from: string, to: string): void {
  if (statSync(from).size > 0) return;
  linkSync(from, to);
  unlinkSync(from);
}

function unlessAbsent(act: () => void): void {
  try {
    act();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  }
}
