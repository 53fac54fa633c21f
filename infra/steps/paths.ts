/** Where what belongs to the steps of a run is kept on the worker's host. */
import { join } from 'node:path';
import type { RunId } from '../../language/ids.js';
import { folderName } from '../script/folders.js';
import { workspaceFolder } from '../script/workspaces.js';

/** The journal of a job's own decisions, one a run attempt. */
export function jobEntriesPath(run: RunId, job: string, attempt: number): string {
  return join(workspaceFolder(run), folderName(job), `entries-${attempt}.jsonl`);
}

/** The journal of what undoes a job's steps, one a run attempt in which it is undone. */
export function undoEntriesPath(run: RunId, job: string, attempt: number): string {
  return join(workspaceFolder(run), folderName(job), `undos-${attempt}.jsonl`);
}
