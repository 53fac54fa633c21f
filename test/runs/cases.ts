/** The cases: folders of test/conformance with a `run.yml`, which says what comes of the run of their `workflow.yml`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packagePath } from '../../infra/paths.js';

/** Conclusion of a step, or both where `continue-on-error` makes them differ. */
export type StepEnd = string | { readonly outcome: string; readonly conclusion: string };

/** What a log is, or lines that it has and texts that it has not. */
export type ExpectedLog = string | { readonly has?: readonly string[]; readonly not?: readonly string[] };

export interface ExpectedJob {
  /** How its steps ended. */
  readonly result: string;
  /** After `continue-on-error`. @default the result */
  readonly conclusion?: string;
  /** As it is shown. @default not looked at */
  readonly name?: string;
  /** @default none */
  readonly outputs?: Readonly<Record<string, string>>;
  /** All of them by name, in the order of their records. @default not looked at */
  readonly steps?: readonly Readonly<Record<string, StepEnd>>[];
  /** Of a step or the job: why it failed. @default not looked at */
  readonly errors?: Readonly<Record<string, ExpectedLog>>;
}

/** `run.yml`. */
export interface Expectation {
  /** Flags of `fleetwright run`: `event`, `actor`, `env`, `job`. */
  readonly given?: { readonly event?: string; readonly actor?: string; readonly env?: readonly string[]; readonly job?: string };
  /** The run is cancelled once a step has printed this line. */
  readonly 'cancel-after'?: string;
  readonly conclusion: string;
  /** What `run-name` gave. @default not looked at */
  readonly name?: string;
  /** By key; a text is a job's result. All of them. */
  readonly jobs: Readonly<Record<string, string | ExpectedJob>>;
  /** By job and step: `1`, an id, `pre-1`, `post-1`, `setup`. Those of other steps are not looked at. */
  readonly logs?: Readonly<Record<string, Readonly<Record<string, ExpectedLog>>>>;
  /** `build/1 warning src/a.js:3:1 title: message`. @default not looked at */
  readonly annotations?: readonly string[];
  /** By job and step. @default not looked at */
  readonly summaries?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Case {
  readonly name: string;
  /** Of the case. */
  readonly folder: string;
  readonly expectation: Expectation;
}

const CONFORMANCE = packagePath('test', 'conformance');
const KEYS = ['given', 'cancel-after', 'conclusion', 'name', 'jobs', 'logs', 'annotations', 'summaries'];
const JOB_KEYS = ['result', 'conclusion', 'name', 'outputs', 'steps', 'errors'];

export function readCases(): readonly Case[] {
  return readdirSync(CONFORMANCE)
    .map((name) => ({ name, folder: join(CONFORMANCE, name) }))
    .filter(({ folder }) => existsSync(join(folder, 'run.yml')))
    .map(({ name, folder }) => ({ name, folder, expectation: readExpectation(join(folder, 'run.yml')) }));
}

/** @throws Error for a key that nobody looks at */
function readExpectation(file: string): Expectation {
  const read = (parse(readFileSync(file, 'utf8')) ?? {}) as Expectation;
  const jobs = Object.values(read.jobs ?? {}).filter((job) => typeof job === 'object');
  const unknown = [...Object.keys(read).filter((key) => !KEYS.includes(key)), ...jobs.flatMap((job) => Object.keys(job).filter((key) => !JOB_KEYS.includes(key)))];
  if (unknown.length > 0) throw new Error(`${file}: ${unknown.join(', ')} is not looked at`);
  return read;
}
