/** Secrets from flags, files and the environment, for one run. */
import { ENVIRONMENT_PREFIX, environmentSecrets } from '../../infra/secrets/load.js';
import { NAME_RULE, secretName } from '../../infra/secrets/names.js';
import type { RunSecrets } from '../../infra/secrets/runSecrets.js';
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

async function valueOf(name: string, { askHidden }: Pick<Terminal, 'askHidden'>, env: NodeJS.ProcessEnv): Promise<string> {
  const found = env[name] ?? env[`${ENVIRONMENT_PREFIX}${name}`];
  if (found !== undefined) return found;
  if (askHidden === undefined) throw new UsageError(`-s ${name} has no value, and the environment has no ${name}: give -s ${name}=VALUE, or set the variable`);
  return askHidden(`${name}: `).catch((error: unknown) => { throw new UsageError(`-s ${name}: ${(error as Error).message}`); });
}
