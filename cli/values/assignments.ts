/** Values from flags: NAME=VALUE, given one by one or in files. */
import { InvalidInputError } from '../../infra/errors.js';
import { UsageError } from '../errors.js';

export interface Assignments {
  /** As written, for messages: `--var`. */
  readonly flag: string;
  /** Of the flag that names a file. */
  readonly fileFlag: string;
  readonly given?: readonly string[] | undefined;
  readonly files?: readonly string[] | undefined;
}

/** The last of a name counts; the command line goes before the files. @throws UsageError for one that is no NAME=VALUE, or a file that cannot be read */
export async function readAssignments({ flag, fileFlag, given = [], files = [] }: Assignments): Promise<Record<string, string>> {
  return { ...await readValueFiles(fileFlag, files), ...Object.fromEntries(given.map((text) => splitAssignment(flag, text))) };
}

/** @throws UsageError */
export async function readValueFiles(flag: string, files: readonly string[]): Promise<Record<string, string>> {
  if (files.length === 0) return {};
  const { readDotenv } = await import('../../infra/values/dotenvFile.js');
  const all: Record<string, string>[] = [];
  for (const file of files) all.push(await readDotenv(file).catch((error: unknown) => { throw asUsage(flag, error); }));
  return Object.assign({}, ...all) as Record<string, string>;
}

/** @param flag for the message; the value is not in it @throws UsageError */
export function splitAssignment(flag: string, text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  const name = at === -1 ? text : text.slice(0, at);
  if (at < 1 || /[\s\0]/.test(name)) throw new UsageError(`${flag} ${JSON.stringify(name.slice(0, 80))} is not NAME=VALUE, as in ${flag} name=value`);
  if (text.includes('\0')) throw new UsageError(`the value of ${flag} ${name} holds a NUL character`);
  return [name, text.slice(at + 1)];
}

/** A bad value of a flag is wrong usage, whoever found out. */
export function asUsage(flag: string, error: unknown): unknown {
  return error instanceof InvalidInputError || (error instanceof Error && error.name === 'InvalidIdError') ? new UsageError(`${flag}: ${error.message}`) : error;
}
