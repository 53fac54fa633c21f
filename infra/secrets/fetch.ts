/** Fetches one secret from where the settings say that it is. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PermanentError } from '../errors.js';
import { localTransport } from '../process.js';
import { Secret } from '../secret.js';
import type { SecretSource } from './settingsFile.js';

const COMMAND_TIMEOUT_MS = 60_000;
const MOST_BYTES = 1024 * 1024;

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The secret, without the line break at its end that a file or a command adds.
 * @param file the settings file in which the source stands
 * @throws PermanentError that names secret and source, and quotes nothing of what was read or printed; TransientError for a command that takes too long
 */
export async function fetchSecret(name: string, source: SecretSource, file: string, { signal, env = process.env }: FetchOptions = {}): Promise<Secret> {
  const missing = (why: string): PermanentError => new PermanentError(`the secret ${name} is not to be had: ${why}`, `It is set in ${file}.`);
  if (source.kind === 'env') {
    const value = env[source.variable];
    if (value === undefined) throw missing(`the variable ${source.variable} is not set for the worker (\`fleetwright stop\` ends one that was started without it)`);
    return new Secret(value);
  }
  const text = source.kind === 'file' ? await fromFile(source.path, file, missing) : await fromCommand(source.argv, file, missing, signal);
  if (text.length > MOST_BYTES) throw missing('it is larger than 1 MB');
  return new Secret(text.replace(/\r?\n$/, ''));
}

async function fromFile(path: string, settings: string, missing: (why: string) => PermanentError): Promise<string> {
  const whole = path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(dirname(settings), path);
  try {
    return await readFile(whole, 'utf8');
  } catch (error) {
    throw missing(`${whole} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function fromCommand(argv: readonly string[], settings: string, missing: (why: string) => PermanentError, signal: AbortSignal | undefined): Promise<string> {
  const program = argv[0]?.startsWith('./') ? resolve(dirname(settings), argv[0]) : argv[0];
  const { exitCode, stdout } = await localTransport().exec([program ?? '', ...argv.slice(1)], { timeoutMs: COMMAND_TIMEOUT_MS, ...(signal ? { signal } : {}) });
  if (exitCode === 0) return stdout;
  throw missing(`its command, ${program}, ended with ${exitCode === 127 ? '"not found"' : `exit code ${exitCode ?? 'of a signal'}`}: run it by hand to see why`);
}
