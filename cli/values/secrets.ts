/** Secrets from flags, files and the environment, for one run. */
import { ENVIRONMENT_PREFIX, environmentSecrets } from '../../infra/secrets/load.js';
import { NAME_RULE, secretName } from '../../infra/secrets/names.js';
import { readRunSecrets, type RunSecrets } from '../../infra/secrets/runSecrets.js';
import { readSettings } from '../../infra/secrets/settingsFile.js';
import type { RunId } from '../../language/ids.js';
import { UsageError } from '../errors.js';
import type { Terminal } from '../terminal.js';
import { readValueFiles } from './assignments.js';

export interface SecretFlags {
  /** `NAME=VALUE`, or `NAME` for a value that is in the environment or asked for. */
  readonly secret?: readonly string[];
  readonly secretFile?: readonly string[];
}

/** @throws UsageError for a bad name, or a value that is not to be had */
export async function readSecrets(flags: SecretFlags, terminal: Pick<Terminal, 'askHidden'>, env: NodeJS.ProcessEnv = process.env): Promise<Pick<RunSecrets, 'given' | 'environment'>> {
  const given: Record<string, string> = {};
  const put = (flag: string, text: string, value: string): void => {
    const name = secretName(text);
    if (name === undefined) throw new UsageError(`${flag} ${JSON.stringify(text.slice(0, 80))} is no name of a secret: ${NAME_RULE}`);
    given[name] = value;
  };
  for (const [name, value] of Object.entries(await readValueFiles('--secret-file', flags.secretFile ?? []))) put('--secret-file', name, value);
  for (const text of flags.secret ?? []) {
    const at = text.indexOf('=');
    const name = at === -1 ? text : text.slice(0, at);
    if (secretName(name) === undefined) put('-s', name, '');
    put('-s', name, at === -1 ? await valueOf(name, terminal, env) : text.slice(at + 1));
  }
  return { given, environment: environmentSecrets(env) };
}

/**
 * What a resume gives its run: the flags' secrets, and of those that went when it was closed what the person is asked for. What the settings or the environment have is not asked for.
 * @throws UsageError that names what is missing, where nobody can be asked
 */
export async function secretsAgain(run: RunId, flags: SecretFlags, terminal: Pick<Terminal, 'askHidden'>, env: NodeJS.ProcessEnv = process.env): Promise<RunSecrets> {
  const { gone = [], repository, given: kept } = readRunSecrets(run);
  const { given, environment } = await readSecrets(flags, terminal, env);
  const settings = new Set(readSettings(repository).flatMap(({ secrets }) => [...secrets.keys()]));
  const missing = gone.filter((name) => given[name] === undefined && kept[name] === undefined && environment[name] === undefined && !settings.has(name));
  if (missing.length > 0 && terminal.askHidden === undefined) {
    throw new UsageError(`${run} was given ${missing.join(', ')}, which went when it was closed\n  Give them again: ${missing.map((name) => `-s ${name}`).join(' ')} (from the environment, or =VALUE), or --secret-file.`);
  }
  const asked: [string, string][] = [];
  for (const name of missing) asked.push([name, await valueOf(name, terminal, env)]);
  return { given: { ...kept, ...given, ...Object.fromEntries(asked) }, environment, ...(repository === undefined ? {} : { repository }) };
}

async function valueOf(name: string, { askHidden }: Pick<Terminal, 'askHidden'>, env: NodeJS.ProcessEnv): Promise<string> {
  const found = env[name] ?? env[`${ENVIRONMENT_PREFIX}${name}`];
  if (found !== undefined) return found;
  if (askHidden === undefined) throw new UsageError(`-s ${name} has no value, and the environment has no ${name}: give -s ${name}=VALUE, or set the variable`);
  return askHidden(`${name}: `).catch((error: unknown) => { throw new UsageError(`-s ${name}: ${(error as Error).message}`); });
}
