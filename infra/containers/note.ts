/** Remembers on the worker's host that a job's containers were ready: those who come next only look whether they still run. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { posix } from 'node:path';
import { localTransport } from '../process.js';
import type { JobFolder } from '../script/folders.js';
import type { ContainersContext } from './types.js';

export interface ReadyNote {
  readonly attempt: number;
  readonly context: ContainersContext;
  /** PATH in the job's container. */
  readonly searched: string;
}

/** @returns undefined when they are not known to be ready in this attempt */
export async function readNote(folders: JobFolder, attempt: number): Promise<ReadyNote | undefined> {
  const text = await readFile(pathOf(folders), 'utf8').catch(() => undefined);
  const note = text === undefined ? undefined : JSON.parse(text) as ReadyNote;
  return note?.attempt === attempt ? note : undefined;
}

/** @throws PermanentError when the disk does not take it */
export async function writeNote(folders: JobFolder, note: ReadyNote): Promise<void> {
  await mkdir(posix.dirname(folders.steps), { recursive: true, mode: 0o700 });
  await localTransport().writeFile(pathOf(folders), JSON.stringify(note), { mode: 0o600 });
}

export async function removeNote(folders: JobFolder): Promise<void> {
  await rm(pathOf(folders), { force: true });
}

function pathOf({ steps }: JobFolder): string {
  return posix.join(posix.dirname(steps), 'containers.json');
}
