/** What a script finds in its environment beside the step's own `env`. */
import { posix } from 'node:path';
import type { JobFolder } from './folders.js';

/** The files by which a script hands things to later steps, in its journal's folder. */
export const ENVIRONMENT_FILES = { output: 'output', env: 'env', path: 'path', state: 'state', summary: 'summary' } as const;

export interface StepFacts {
  readonly run: string;
  readonly attempt: number;
  /** The job's id in the file. */
  readonly job: string;
  /** The step's id, or its number. */
  readonly step: string;
  /** What `runs-on` says. */
  readonly runsOn: string;
}

/**
 * GitHub's default variables and the step's `env`. `env` may replace CI, not what begins with GITHUB_ or RUNNER_, as on GitHub.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/variables#default-environment-variables
 */
export function stepEnvironment(
  facts: StepFacts, job: JobFolder, journal: string, env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const file = (name: keyof typeof ENVIRONMENT_FILES): string => posix.join(journal, ENVIRONMENT_FILES[name]);
  return {
    CI: 'true',
    ...env,
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: facts.step,
    GITHUB_JOB: facts.job,
    GITHUB_RUN_ID: facts.run,
    GITHUB_RUN_ATTEMPT: String(facts.attempt),
    GITHUB_WORKSPACE: job.workspace,
    GITHUB_OUTPUT: file('output'),
    GITHUB_ENV: file('env'),
    GITHUB_PATH: file('path'),
    GITHUB_STATE: file('state'),
    GITHUB_STEP_SUMMARY: file('summary'),
    RUNNER_TEMP: job.temp,
    RUNNER_OS: 'Linux',
    RUNNER_NAME: facts.runsOn,
    [MARKER]: journal,
  };
}

/** Every process of a step carries this variable with its journal's folder: by it they are found when the step is stopped. */
export const MARKER = 'FLEETWRIGHT_STEP';
