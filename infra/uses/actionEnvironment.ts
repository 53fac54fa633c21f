/** What an action's process finds in its environment beside the step's own: its inputs, its state, and where it comes from. */
import type { ResolvedAction } from './resolve.js';

export interface ActionEnvironmentInput {
  readonly resolved: Pick<ResolvedAction, 'folder' | 'repository' | 'ref'>;
  /** Evaluated, defaults filled in. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What earlier stages of the same step wrote to GITHUB_STATE. @default nothing */
  readonly state?: Readonly<Record<string, string>>;
}

/**
 * `INPUT_<NAME>` (blanks are `_`, upper case), `STATE_<name>` (as written), and `GITHUB_ACTION_…`.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#inputs
 */
export function actionEnvironment({ resolved, inputs, state = {} }: ActionEnvironmentInput): Readonly<Record<string, string>> {
  const { folder, repository, ref } = resolved;
  return {
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value])),
    ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
    ...(folder === '' ? {} : { GITHUB_ACTION_PATH: folder }),
    GITHUB_ACTION_REPOSITORY: repository ?? '',
    GITHUB_ACTION_REF: ref ?? '',
  };
}
