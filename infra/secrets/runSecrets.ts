/**
 * The secrets that were given to one run: in a file of the run's state folder, that its owner alone reads, while the run is open. When it is closed their names
 * stay, so that whoever resumes it is asked for them.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import type { RunId } from '../../language/ids.js';
import { PermanentError } from '../errors.js';
import { stateDir } from '../paths.js';
import { readPrivate, writePrivate } from './privateFile.js';

/** Values by upper-case names. */
export interface RunSecrets {
  /** Given to the run itself: they go before all others. */
  readonly given: Readonly<Record<string, string>>;
  /** Of the environment of who started the run: they come after all others. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of what was given and went when the run was closed. @default none */
  readonly gone?: readonly string[];
  /** The folder in which the run's settings file is looked for: the top of its checkout. */
  readonly repository?: string;
}

const NONE: RunSecrets = { given: {}, environment: {} };

export function runSecretsPath(run: RunId): string {
  return stateDir('runs', encodeURIComponent(run), 'secrets.json');
}

/** Keeps them for the worker of this host; a run without any has no file. @throws PermanentError when they cannot be written */
export function writeRunSecrets(run: RunId, secrets: RunSecrets): void {
  const isEmpty = Object.keys(secrets.given).length + Object.keys(secrets.environment).length === 0 && secrets.repository === undefined;
  if (isEmpty) rmSync(runSecretsPath(run), { force: true });
  else writePrivate(runSecretsPath(run), JSON.stringify(secrets));
}

/** @throws PermanentError for a file that is not as we write it */
export function readRunSecrets(run: RunId): RunSecrets {
  const path = runSecretsPath(run);
  const content = readPrivate(path);
  if (content === undefined) return NONE;
  try {
    return { ...NONE, ...JSON.parse(content.toString('utf8')) as Partial<RunSecrets> };
  } catch {
    throw new PermanentError(`${path} is not as Fleetwright writes it`, 'Remove it, and start the run again with its secrets.'); // the reason would quote from it
  }
}

/** Removes the values; the names of what was given stay. The key of the sealed values stays too: a resume, a rerun and an undo open them. */
export function forgetRunSecrets(run: RunId): void {
  const { given, environment, gone = [], repository } = readRunSecrets(run);
  if (Object.keys(given).length + Object.keys(environment).length === 0) return;
  const names = [...new Set([...gone, ...Object.keys(given)])];
  if (names.length === 0) return rmSync(runSecretsPath(run), { force: true });
  writePrivate(runSecretsPath(run), JSON.stringify({ ...NONE, gone: names, ...(repository === undefined ? {} : { repository }) } satisfies RunSecrets));
}

/** When the run's secrets were written, milliseconds since the epoch; 0 where it has none. */
export function secretsSince(run: RunId): number {
  return statSync(runSecretsPath(run), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The runs of which values are kept here. */
export function runsWithSecrets(): readonly RunId[] {
  const runs = readFolder(stateDir('runs')).map((folder) => decodeURIComponent(folder) as RunId).filter((run) => secretsSince(run) > 0);
  return runs.filter((run) => {
    const { given, environment } = readRunSecrets(run);
    return Object.keys(given).length + Object.keys(environment).length > 0;
  });
}

function readFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // there was no run yet
  }
}

/** Removes what the run was given and the key of its sealed values: after this, what is sealed in its record is sealed for good. */
export function deleteRunSecrets(run: RunId): void {
  rmSync(runSecretsPath(run), { force: true });
  rmSync(sealKeyPath(run), { force: true });
}

export function sealKeyPath(run: RunId): string {
  return stateDir('runs', encodeURIComponent(run), 'seal.key');
}
