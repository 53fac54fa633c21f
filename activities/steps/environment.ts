/** The environment of a step's process: GitHub's default variables, the step's own `env`, and the files by which it hands values over. */
import { posix } from 'node:path';
import { ENVIRONMENT_FILES, MARKER } from '../../infra/script/environment.js';

/** Keys of `github` that reach a process as GITHUB_<KEY>, as in the runner's own list (`GitHubContext` of actions/runner). */
const GITHUB_KEYS = [
  'action', 'action_path', 'action_ref', 'action_repository', 'actor', 'actor_id', 'api_url', 'base_ref', 'event_name', 'event_path', 'graphql_url',
  'head_ref', 'job', 'ref', 'ref_name', 'ref_protected', 'ref_type', 'repository', 'repository_id', 'repository_owner', 'repository_owner_id',
  'retention_days', 'run_attempt', 'run_id', 'run_number', 'server_url', 'sha', 'triggering_actor', 'workflow', 'workflow_ref', 'workflow_sha', 'workspace',
];
const RUNNER_KEYS = ['os', 'arch', 'name', 'temp', 'tool_cache', 'environment', 'workspace', 'debug'];

export interface EnvironmentParts {
  /** The `github` and `runner` contexts that the step sees. */
  readonly github: Readonly<Record<string, unknown>>;
  readonly runner: Readonly<Record<string, unknown>>;
  /** The folder of the process's journal. */
  readonly journal: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * `env` may replace CI, not what begins with GITHUB_ or RUNNER_, as on GitHub.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/variables#default-environment-variables
 */
export function processEnvironment({ github, runner, journal, env }: EnvironmentParts): Readonly<Record<string, string>> {
  const file = (name: keyof typeof ENVIRONMENT_FILES): string => posix.join(journal, ENVIRONMENT_FILES[name]);
  return {
    CI: 'true',
    ...env,
    GITHUB_ACTIONS: 'true',
    ...variables('GITHUB', GITHUB_KEYS, github),
    ...variables('RUNNER', RUNNER_KEYS, runner),
    GITHUB_OUTPUT: file('output'),
    GITHUB_ENV: file('env'),
    GITHUB_PATH: file('path'),
    GITHUB_STATE: file('state'),
    GITHUB_STEP_SUMMARY: file('summary'),
    [MARKER]: journal,
  };
}

function variables(prefix: string, keys: readonly string[], context: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(keys.flatMap((key) => {
    const value = context[key];
    return value === undefined || value === null || typeof value === 'object' ? [] : [[`${prefix}_${key.toUpperCase()}`, String(value)]];
  }));
}
