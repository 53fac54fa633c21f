/** What a script leaves behind: values for later steps, and the end of its output for a failure's text. */
import { stripVTControlCharacters } from 'node:util';
import { EnvFileError, parseEnvFile, parsePathFile } from '../language/envFiles.js';
import { readEnvironmentFile, readLogTail, type EnvironmentFile } from '../infra/script/journal.js';
import type { Transport } from '../infra/transport.js';

/** What the environment files said. With a `problem`, the step has failed and the rest is empty. */
export interface HandOver {
  readonly outputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** The latest first. */
  readonly path: readonly string[];
  /** Names the file and the line. */
  readonly problem?: string;
}

/** GitHub's limit for the outputs of a job, and ours for each file. */
const LARGEST_FILE_BYTES = 1024 * 1024;
/** Temporal takes 2 MiB in one payload. */
const LARGEST_RESULT_BYTES = 1.5 * 1024 * 1024;
/** Of an output's end, what is kept to show its last lines. */
export const TAIL_BYTES = 16 * 1024;
const LINES_SHOWN = 20;
/** So that the reason before the lines survives a failure's limit of 4 KiB. */
const SHOWN_CHARACTERS = 3000;

/** @throws TransientError when the runner is lost */
export async function readHandOver(transport: Transport, folder: string): Promise<HandOver> {
  const read = async (file: EnvironmentFile, name: string): Promise<string> => {
    const bytes = await readEnvironmentFile(transport, folder, file, LARGEST_FILE_BYTES + 1);
    if (bytes.length > LARGEST_FILE_BYTES) throw new EnvFileError(`${name} holds more than 1 MiB, the most that a step may hand over: leave large things in a file`);
    return bytes.toString('utf8');
  };
  try {
    const handOver = {
      outputs: parseEnvFile(await read('output', 'GITHUB_OUTPUT'), 'GITHUB_OUTPUT'),
      env: parseEnvFile(await read('env', 'GITHUB_ENV'), 'GITHUB_ENV'),
      path: [...parsePathFile(await read('path', 'GITHUB_PATH'))].reverse(),
    };
    if (Buffer.byteLength(JSON.stringify(handOver)) > LARGEST_RESULT_BYTES) {
      throw new EnvFileError('GITHUB_OUTPUT, GITHUB_ENV and GITHUB_PATH together hold more than 1.5 MiB: leave large things in a file');
    }
    return handOver;
  } catch (error) {
    if (error instanceof EnvFileError) return { outputs: {}, env: {}, path: [], problem: error.message };
    throw error;
  }
}

/** The last lines of the output, each on a line of its own after a line break; empty when there is none. */
export async function lastLines(transport: Transport, folder: string): Promise<string> {
  return shownTail((await readLogTail(transport, folder, TAIL_BYTES)).toString('utf8'));
}

/** The last lines of an output's end, as a failure shows them behind its reason: after a line break; empty when there are none. */
export function shownTail(end: string): string {
  const text = printable(end).trimEnd().split('\n').slice(-LINES_SHOWN).join('\n').slice(-SHOWN_CHARACTERS);
  return text === '' ? '' : `\n${text}`;
}

/** Without colours and other control characters but line breaks and tabs. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, '\uFFFD');
}
