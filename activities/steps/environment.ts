/** The environment of a step's processes: GitHub's default variables, and the step's own `env`. */

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
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What is the same for every process of a step. `env` may replace CI, not what begins with GITHUB_ or RUNNER_, as on GitHub.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/variables#default-environment-variables
 */
export function stepEnvironment({ github, runner, env }: EnvironmentParts): Readonly<Record<string, string>> {
  return { CI: 'true', ...env, GITHUB_ACTIONS: 'true', ...variables('GITHUB', GITHUB_KEYS, github), ...variables('RUNNER', RUNNER_KEYS, runner) };
}

function variables(prefix: string, keys: readonly string[], context: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(keys.flatMap((key) => {
    const value = context[key];
    return value === undefined || value === null || typeof value === 'object' ? [] : [[`${prefix}_${key.toUpperCase()}`, String(value)]];
  }));
}
