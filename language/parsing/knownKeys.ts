/** The keys at each place of a workflow file: those that we do, and those that only GitHub does so far. */

export interface KeySet {
  readonly known: readonly string[];
  readonly notYet: readonly string[];
}

export const ROOT_KEYS: KeySet = {
  known: ['name', 'description', 'on', 'env', 'defaults', 'concurrency', 'on-failure', 'jobs'],
  notYet: ['run-name', 'permissions'],
};

export const CONCURRENCY_KEYS: KeySet = { known: ['group', 'cancel-in-progress'], notYet: ['queue'] };
export const DISPATCH_KEYS: KeySet = { known: ['inputs'], notYet: [] };
export const DISPATCH_INPUT_KEYS: KeySet = { known: ['description', 'type', 'required', 'default', 'options'], notYet: [] };
export const DEFAULTS_KEYS: KeySet = { known: ['run'], notYet: [] };
export const DEFAULTS_RUN_KEYS: KeySet = { known: ['shell', 'working-directory'], notYet: [] };

export const JOB_KEYS: KeySet = {
  known: ['name', 'needs', 'if', 'runs-on', 'outputs', 'env', 'defaults', 'strategy', 'timeout-minutes', 'continue-on-error', 'steps'],
  notYet: ['container', 'services', 'environment', 'permissions', 'concurrency', 'uses', 'with', 'secrets', 'cancel-timeout-minutes', 'snapshot'],
};

export const STRATEGY_KEYS: KeySet = { known: ['matrix', 'fail-fast', 'max-parallel'], notYet: [] };

export const STEP_KEYS: KeySet = {
  known: [
    'id', 'name', 'if', 'uses', 'with', 'env', 'run', 'shell', 'working-directory', 'timeout-minutes', 'continue-on-error', 'retry', 'undo',
  ],
  notYet: ['background', 'wait', 'wait-all', 'cancel', 'parallel'],
};

export const RETRY_KEYS: KeySet = {
  known: ['max-attempts', 'initial-interval', 'backoff', 'max-interval', 'non-retryable-exit-codes'],
  notYet: [],
};

/** Events that start a workflow on GitHub; `workflow_dispatch` is the one that starts it here. */
export const EVENTS: KeySet = {
  known: ['workflow_dispatch'],
  notYet: [
    'branch_protection_rule', 'check_run', 'check_suite', 'create', 'delete', 'deployment', 'deployment_status', 'discussion',
    'discussion_comment', 'fork', 'gollum', 'image_version', 'issue_comment', 'issues', 'label', 'merge_group', 'milestone', 'page_build',
    'project', 'project_card', 'project_column', 'public', 'pull_request', 'pull_request_comment', 'pull_request_review',
    'pull_request_review_comment', 'pull_request_target', 'push', 'registry_package', 'release', 'repository_dispatch', 'schedule', 'status',
    'watch', 'workflow_call', 'workflow_run',
  ],
};

/** What we have and GitHub has not. */
export const EXTRA_KEYS: readonly string[] = ['retry', 'undo', 'on-failure'];
