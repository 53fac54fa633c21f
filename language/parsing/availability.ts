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

const HASH = ['hashfiles'];

function slot(contexts: readonly string[], functions: readonly string[] = []): Availability {
  return { contexts, functions };
}

/** By the place in the file. */
export const SLOTS = {
  /** `run-name`, and the workflow's `concurrency`. */
  run: slot(RUN),
  workflowEnv: slot([...RUN, 'secrets']),
  callOutputs: slot([...RUN, 'jobs']),
  callInputDefault: slot(RUN),
  jobIf: slot(NEEDS, STATUS),
  strategy: slot(NEEDS),
  /** A job's name, `runs-on`, `timeout-minutes`, `continue-on-error`, `concurrency`, `environment`, `container`, `services` and `with`. */
  job: slot(MATRIX),
  jobEnv: slot([...MATRIX, 'secrets']),
  jobSecrets: slot([...MATRIX, 'secrets']),
  jobDefaults: slot([...MATRIX, 'env']),
  containerCredentials: slot([...RUN, 'secrets', 'env', ...NEEDS.slice(RUN.length), 'strategy', 'matrix']),
  containerEnv: slot([...STEP, 'secrets']),
  environmentUrl: slot(STEP),
  jobOutputs: slot([...STEP, 'secrets']),
  stepIf: slot(STEP, [...STATUS, ...HASH]),
  step: slot([...STEP, 'secrets'], HASH),
} satisfies Record<string, Availability>;
