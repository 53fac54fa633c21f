/** Files that a person names, and the actions that come with us, read. */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { readActionFiles } from '../infra/actionFiles.js';
import { type Actions, actionsOf } from '../language/actionMetadata.js';
import { InvalidFileError } from './errors.js';

/** As a person would name it: relative to here, unless it is somewhere else. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}

/** @throws InvalidFileError */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new InvalidFileError(`${path} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code}`);
  }
}

/** The actions that come with us, by name. */
export async function builtInActions(): Promise<Actions> {
  return actionsOf(await readActionFiles());
}
