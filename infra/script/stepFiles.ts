/** What is the same of a step's process on every host: where its journal is, and what is written there before it starts. */
import { posix } from 'node:path';
import { InvalidInputError } from '../errors.js';
import { commandFile } from './commandFile.js';
import { MARKER } from './environment.js';
import type { JobFolder } from './folders.js';
import type { StepProcess } from './host.js';
import { scriptPath, type StepFiles } from './journal.js';
import { SUPERVISORS } from './supervise.js';

/** The folder of a process's journal. @throws InvalidInputError for a name that is none of `folderName`'s */
export function processFolder(job: JobFolder, name: string): string {
  if (!/^[\w%-][\w%.-]*$/.test(name) || name === SUPERVISORS) {
    throw new InvalidInputError(`${JSON.stringify(name)} is no name for a step's journal`, 'Make it with folderName.');
  }
  return posix.join(job.steps, name);
}

/** @param folder of its journal @throws InvalidInputError for a variable that no process can be given */
export function stepFiles(process: StepProcess, folder: string): StepFiles {
  const { script, argv, path, workingDirectory } = process;
  const environment = { ...process.environment, [MARKER]: folder };
  return { script: script ?? '', command: commandFile({ environment, path, workingDirectory, script: scriptPath(folder), argv }) };
}
