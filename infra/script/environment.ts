/** What every process of a step finds in its environment of ours: the files by which it hands things over, and the marker by which it is found. */
import { posix } from 'node:path';

/** The files by which a script hands things to later steps, in its journal's folder. */
export const ENVIRONMENT_FILES = { output: 'output', env: 'env', path: 'path', state: 'state', summary: 'summary' } as const;

/** Every process of a step carries this variable with its journal's folder: by it they are found when the step is stopped. */
export const MARKER = 'FLEETWRIGHT_STEP';

/** The variables of one process. @param journal its folder */
export function fileEnvironment(journal: string): Readonly<Record<string, string>> {
  const file = (name: keyof typeof ENVIRONMENT_FILES): string => posix.join(journal, ENVIRONMENT_FILES[name]);
  return {
    GITHUB_OUTPUT: file('output'),
    GITHUB_ENV: file('env'),
    GITHUB_PATH: file('path'),
    GITHUB_STATE: file('state'),
    GITHUB_STEP_SUMMARY: file('summary'),
    [MARKER]: journal,
  };
}
