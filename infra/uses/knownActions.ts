/** Actions that are known before a run. */
import { join } from 'node:path';
import { isOwn, ownPath, ownProblem } from '../../language/usesOwn.js';
import type { UsesAction } from '../../language/usesAction.js';
import { InvalidInputError } from '../errors.js';
import { rootOf, type WorkflowFilesRequest } from '../workflowFiles.js';
import { readActionFolder } from './actionFolder.js';

/** `ReadAction` of language/checking/usesActions, for the actions of the file's repository and those that are built in. Others are not looked up. */
export function actionReader(request: WorkflowFilesRequest): (uses: string) => Promise<UsesAction | { readonly problem: string } | undefined> {
  let root: Promise<string> | undefined;
  return async (uses) => {
    if (!(uses === '.' || uses.startsWith('./') || isOwn(uses))) return (await import('./builtIn.js')).builtInAction(uses)?.action;
    if (isOwn(uses) && ownProblem(uses) !== undefined) return undefined; // whoever read the file has said so
    root ??= rootOf(request);
    const folder = await root;
    try {
      return readActionFolder(folder, join(folder, isOwn(uses) ? ownPath(uses) : uses), uses)?.action;
    } catch (error) {
      if (error instanceof InvalidInputError) return { problem: error.message.split('\n').slice(0, 2).join(' ') };
      throw error;
    }
  };
}
