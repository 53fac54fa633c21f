/** The secrets of a run, from all the places where they may be; for the activity that needs them, on the worker's host. */
import type { RunId } from '../../language/ids.js';
import { PermanentError, shellWord } from '../errors.js';
import { Secret } from '../secret.js';
import { fetchSecret, type FetchOptions } from './fetch.js';
import { secretName, TOKEN } from './names.js';
import { readRunSecrets, type RunSecrets } from './runSecrets.js';
import { readSettings, type SecretSource } from './settingsFile.js';

export interface LoadSecretsOptions extends FetchOptions {
  /** Only these, in any case: the others are not fetched. @default all */
  readonly names?: Iterable<string>;
  /** The top of the run's checkout, beside which its settings file is. @default what was noted when the run was started */
  readonly repository?: string;
}

/** Before the name of a secret, in the environment of the worker or of who starts a run. */
export const ENVIRONMENT_PREFIX = 'FLEETWRIGHT_SECRET_';

/**
 * By upper-case names: those given to the run, then those of the settings files, then those of the environment (FLEETWRIGHT_SECRET_NAME); the
 * first that has a name counts. GITHUB_TOKEN is there always, empty unless the run or the settings give it; it is not taken from the environment.
 * @throws InvalidInputError for a bad settings file; PermanentError for a secret that cannot be fetched, and what it says holds no secret
 */
export async function loadSecrets(run: RunId, options: LoadSecretsOptions = {}): Promise<ReadonlyMap<string, Secret>> {
  const own = readRunSecrets(run);
  const found = await collect(own, options);
  const wanted = upperCase(options.names);
  const [gone] = (own.gone ?? []).filter((name) => !found.has(name) && (wanted === undefined || wanted.has(name)));
  if (gone !== undefined) throw new PermanentError(`the secret ${gone} went when the run was closed`, `Give it again: fleetwright resume ${shellWord(run)} -s ${gone}`);
  return found;
}

/** One of this host, for what belongs to no run: of the settings files, else of the environment. @throws as `loadSecrets` */
export async function hostSecret(name: string, options: FetchOptions = {}): Promise<Secret | undefined> {
  return (await collect({ given: {}, environment: {} }, { ...options, names: [name] })).get(name);
}

async function collect(own: RunSecrets, options: LoadSecretsOptions): Promise<ReadonlyMap<string, Secret>> {
  const env = options.env ?? process.env;
  const wanted = upperCase(options.names);
  const settings = readSettings(options.repository ?? own.repository);
  const sources = new Map([...settings].reverse().flatMap(({ file, secrets }) => [...secrets].map(([name, source]): [string, Sourced] => [name, { source, file }])));
  const known = new Map([...Object.entries({ ...environmentSecrets(env), ...own.environment }), [TOKEN, ''] as const].map(([name, value]) => [name, new Secret(value)]));
  const given = new Map(Object.entries(own.given).map(([name, value]) => [name, new Secret(value)]));
  const toFetch = [...sources].filter(([name]) => !given.has(name) && (wanted === undefined || wanted.has(name)));
  const fetched = await Promise.all(toFetch.map(async ([name, { source, file }]): Promise<[string, Secret]> => [name, await fetchSecret(name, source, file, options)]));
  const all = new Map([...known, ...fetched, ...given]);
  return wanted === undefined ? all : new Map([...all].filter(([name]) => wanted.has(name)));
}

function upperCase(names: Iterable<string> | undefined): ReadonlySet<string> | undefined {
  return names && new Set([...names].map((name) => name.toUpperCase()));
}

interface Sourced { readonly source: SecretSource; readonly file: string }

/** What an environment has for secrets, by upper-case names, GITHUB_TOKEN apart. */
export function environmentSecrets(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).flatMap(([variable, value]): [string, string][] => {
    if (value === undefined || !variable.startsWith(ENVIRONMENT_PREFIX)) return [];
    const name = secretName(variable.slice(ENVIRONMENT_PREFIX.length));
    return name === undefined || name === TOKEN ? [] : [[name, value]];
  }));
}
