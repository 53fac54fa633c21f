/** The events of GitHub, with the activity types and filters of each (https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows). */

export interface EventRule {
  /** Absent: the event has none. `*`: any. */
  readonly types?: readonly string[];
  /** Keys beside `types`. */
  readonly filters: readonly string[];
}

const EDITS = 'created edited deleted';
const PULL_REQUEST = 'assigned unassigned labeled unlabeled opened edited closed reopened synchronize converted_to_draft locked unlocked enqueued dequeued'
  + ' milestoned demilestoned ready_for_review review_requested review_request_removed auto_merge_enabled auto_merge_disabled stacked';
const ISSUES = 'opened edited deleted transferred pinned unpinned closed reopened assigned unassigned labeled unlabeled locked unlocked milestoned'
  + ' demilestoned field_added field_removed typed untyped';
const DISCUSSION = 'created edited deleted transferred pinned unpinned labeled unlabeled locked unlocked category_changed answered unanswered';
const BRANCHES = 'branches branches-ignore';
const PATHS = 'paths paths-ignore';

function event(types = '', filters = ''): EventRule {
  const words = (text: string) => text.split(' ').filter((word) => word !== '');
  return { ...(types ? { types: words(types) } : {}), filters: words(filters) };
}

/** By name. */
export const EVENT_RULES: ReadonlyMap<string, EventRule> = new Map(Object.entries({
  branch_protection_rule: event(EDITS),
  check_run: event('completed created rerequested requested_action'),
  check_suite: event('completed'),
  create: event(),
  delete: event(),
  deployment: event(),
  deployment_status: event(),
  discussion: event(DISCUSSION),
  discussion_comment: event(EDITS),
  fork: event(),
  gollum: event(),
  image_version: event('created ready deleted', 'names versions'),
  issue_comment: event(EDITS),
  issues: event(ISSUES),
  label: event(EDITS),
  merge_group: event('checks_requested', BRANCHES),
  milestone: event('created closed opened edited deleted'),
  page_build: event(),
  project: event('created closed reopened edited deleted'),
  project_card: event('created moved converted edited deleted'),
  project_column: event('created updated moved deleted'),
  public: event(),
  pull_request: event(PULL_REQUEST, `${BRANCHES} ${PATHS}`),
  pull_request_comment: event(EDITS),
  pull_request_review: event('submitted edited dismissed'),
  pull_request_review_comment: event(EDITS),
  pull_request_target: event(PULL_REQUEST, `${BRANCHES} ${PATHS}`),
  push: event('', `${BRANCHES} tags tags-ignore ${PATHS}`),
  registry_package: event('published updated'),
  release: event('published unpublished created edited deleted prereleased released'),
  repository_dispatch: event('*'),
  schedule: event(),
  status: event(),
  watch: event('started'),
  workflow_call: event('', 'inputs secrets outputs'),
  workflow_dispatch: event('', 'inputs'),
  workflow_run: event('requested completed in_progress', `workflows ${BRANCHES}`),
}));
