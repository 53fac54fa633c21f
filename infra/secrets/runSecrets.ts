/** The secrets that were given to one run: in a file of the run's state folder, that its owner alone reads, until the run is deleted. */
import { rmSync } from 'node:fs';
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

/** Removes what the run was given and the key of its sealed values: after this, what is sealed in its record is sealed for good. */
export function deleteRunSecrets(run: RunId): void {
  rmSync(runSecretsPath(run), { force: true });
  rmSync(sealKeyPath(run), { force: true });
}

export function sealKeyPath(run: RunId): string {
  return stateDir('runs', encodeURIComponent(run), 'seal.key');
}
