/** The keys of the payload codec: from a file or a command, never from an argument or the value of a variable. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../../errors.js';
import { argumentList } from '../../values/argumentList.js';
import type { Environment } from '../settings.js';

export interface CodecKey {
  /** Twelve hex digits, made from the key: it names the key beside each payload, and tells nothing of it. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Buffer;
}

export const KEY_FILE = 'FLEETWRIGHT_CODEC_KEY_FILE';
export const KEY_COMMAND = 'FLEETWRIGHT_CODEC_KEY_COMMAND';

const KEY_BYTES = 32;
const COMMAND_TIMEOUT_MS = 20_000;

/**
 * The keys, a line each, as base64 or hex; empty when none is asked for.
 * @throws InvalidInputError when file or command do not give them (what they gave is not in the message)
 */
export function codecKeys(env: Environment = process.env): readonly CodecKey[] {
  const [file, command] = [env[KEY_FILE], env[KEY_COMMAND]];
  if (file && command) throw new InvalidInputError(`${KEY_FILE} and ${KEY_COMMAND} are both set`, 'Unset one of them.');
  if (!file && !command) return [];
  const [source, text] = file ? [`${KEY_FILE} (${file})`, read(file)] : [KEY_COMMAND, ask(command ?? '')];
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
  if (lines.length === 0) throw noKey(source, 'it is empty');
  return lines.map((line, at) => keyOf(line, `${source}${lines.length > 1 ? `, line ${at + 1}` : ''}`));
}

/** One word for the keys that the environment names: another one when they change. Empty without keys. */
export function codecFingerprint(env: Environment = process.env): string {
  return codecKeys(env).map((key) => key.id).join('.');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`${KEY_FILE}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, 'Name a file that this user can read.');
  }
}

/** What each command said: it may ask its user for something, once. */
const asked = new Map<string, string>();

function ask(text: string): string {
  const known = asked.get(text);
  if (known !== undefined) return known;
  const [command = '', ...args] = argumentList(text, KEY_COMMAND);
  try {
    const said = execFileSync(command, args, { encoding: 'utf8', timeout: COMMAND_TIMEOUT_MS, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 64 * 1024 });
    asked.set(text, said);
    return said;
  } catch (error) {
    const { code, status, signal } = error as NodeJS.ErrnoException & { status?: number | null; signal?: string | null };
    throw new InvalidInputError(`${KEY_COMMAND}: ${command} gave no key (${code ?? signal ?? `exit code ${status ?? '?'}`})`, 'Run it by hand to see why.');
  }
}

function keyOf(text: string, source: string): CodecKey {
  const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
  if (bytes?.length !== KEY_BYTES) throw noKey(source, `it is not ${KEY_BYTES} bytes as base64 or hex`);
  return { id: createHash('sha256').update('fleetwright codec key\n').update(bytes).digest('hex').slice(0, 12), bytes };
}

function noKey(source: string, why: string): InvalidInputError {
  return new InvalidInputError(`${source} gives no key: ${why}`, 'Make one: openssl rand -base64 32');
}
