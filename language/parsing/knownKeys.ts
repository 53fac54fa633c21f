/** The keys at each place of a workflow file. */
import { EVENT_RULES } from './eventTable.js';

export interface KeySet {
  readonly known: readonly string[];
  /** Known to GitHub, and not done here. */
  readonly notYet: readonly string[];
}

function keys(known: string): KeySet {
  return { known: known.split(' '), notYet: [] };
}

export const ROOT_KEYS = keys('name description run-name on permissions cache-mode env defaults concurrency on-failure wait-timeout jobs');
export const CONCURRENCY_KEYS = keys('group cancel-in-progress queue');
export const DISPATCH_INPUT_KEYS = keys('description type required default options deprecationMessage');
export const CALL_INPUT_KEYS = keys('description type required default deprecationMessage');
export const CALL_SECRET_KEYS = keys('description required');
export const CALL_OUTPUT_KEYS = keys('description value');
export const SCHEDULE_KEYS = keys('cron timezone');
export const DEFAULTS_KEYS = keys('run');
export const DEFAULTS_RUN_KEYS = keys('shell working-directory');
export const JOB_KEYS = keys(
  'name needs if permissions cache-mode runs-on environment concurrency outputs env defaults strategy timeout-minutes cancel-timeout-minutes continue-on-error'
  + ' container services snapshot steps',
);
/** Of a job that calls a reusable workflow. */
export const CALL_JOB_KEYS = keys('name uses with secrets needs if permissions cache-mode concurrency strategy');
export const RUNS_ON_KEYS = keys('group labels');
export const ENVIRONMENT_KEYS = keys('name url deployment');
export const CONTAINER_KEYS = keys('image credentials env ports volumes options');
export const SERVICE_KEYS = keys('image credentials env ports volumes options entrypoint command');
export const CREDENTIALS_KEYS = keys('username password');
export const SNAPSHOT_KEYS = keys('image-name if version');
export const STRATEGY_KEYS = keys('matrix fail-fast max-parallel');
export const RETRY_KEYS = keys('max-attempts initial-interval backoff max-interval non-retryable-exit-codes');

/** Of any step; which of them go together depends on its kind. */
export const STEP_KEYS = keys(
  'id name if uses with env run shell working-directory timeout-minutes continue-on-error background wait wait-all cancel parallel retry undo',
);
/** What makes a step what it is: one of them. */
export const STEP_KINDS = ['run', 'uses', 'wait', 'wait-all', 'cancel', 'parallel'] as const;

function levels(scopes: string, ...allowed: readonly string[]): [string, readonly string[]][] {
  return scopes.split(' ').map((scope) => [scope, allowed]);
}

/** The scopes of `permissions` with the levels of each. */
export const PERMISSIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ...levels(
    'actions artifact-metadata attestations checks code-quality contents deployments discussions drives issues packages pages pull-requests'
    + ' repository-projects security-events statuses',
    'read', 'write', 'none',
  ),
  ...levels('copilot-requests id-token', 'write', 'none'),
  ...levels('models vulnerability-alerts', 'read', 'none'),
]);

/** What `on` names. */
export const EVENTS: KeySet = { known: [...EVENT_RULES.keys()], notYet: [] };

/** What we have and GitHub has not. */
export const EXTRA_KEYS: readonly string[] = ['retry', 'undo', 'on-failure', 'wait-timeout'];
