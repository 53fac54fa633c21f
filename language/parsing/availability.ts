/**
 * What expressions may use at each key: GitHub's table of context availability
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability).
 */
import type { Availability } from '../expressions.js';

const RUN = ['github', 'inputs', 'vars'];
const NEEDS = [...RUN, 'needs'];
const MATRIX = [...NEEDS, 'strategy', 'matrix'];
const STEP = [...MATRIX, 'job', 'runner', 'env', 'steps'];
const STATUS = ['success', 'failure', 'always', 'cancelled'];

function slot(contexts: readonly string[], functions: readonly string[] = [], notYet: readonly string[] = []): Availability {
  return { contexts, functions, notYet };
}

/** By the place in the file. What GitHub has there and we do not have yet is named apart. */
export const SLOTS = {
  workflowEnv: slot(RUN, [], ['secrets']),
  concurrency: slot(RUN),
  jobIf: slot(NEEDS, STATUS),
  strategy: slot(NEEDS),
  /** A job's name, `runs-on`, `timeout-minutes` and `continue-on-error`. */
  job: slot(MATRIX),
  jobEnv: slot(MATRIX, [], ['secrets']),
  jobDefaults: slot([...MATRIX, 'env']),
  jobOutputs: slot(STEP, [], ['secrets']),
  stepIf: slot(STEP, STATUS, ['hashfiles']),
  step: slot(STEP, [], ['secrets', 'hashfiles']),
} satisfies Record<string, Availability>;
