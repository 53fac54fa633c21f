/** The files of the built-in actions: what they say is for `language/` to read. */
import { readdir, readFile } from 'node:fs/promises';
import { packagePath } from './paths.js';

export interface ActionFileText {
  /** The action's name: that of its folder. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** Every `actions/NAME/action.yml` of this package. */
export async function readActionFiles(): Promise<readonly ActionFileText[]> {
  const folders = (await readdir(packagePath('actions'), { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return Promise.all(folders.map(async ({ name }) => {
    const path = packagePath('actions', name, 'action.yml');
    return { name, path, text: await readFile(path, 'utf8') };
  }));
}
