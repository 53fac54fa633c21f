/** What a process left in its environment files. */
import { allowedEnv, EnvFileError, type EnvFileName, parseEnvFile, parsePathFile } from '../../language/envFiles.js';
import type { StepHost } from '../../infra/script/host.js';
import type { EnvironmentFile } from '../../infra/script/journal.js';

export interface HandOver {
  readonly outputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** The latest first. */
  readonly path: readonly string[];
  readonly state: Readonly<Record<string, string>>;
  /** Of GITHUB_STEP_SUMMARY: markdown, one byte more than it may be where it is too long. */
  readonly summary: Buffer;
  /** Variables that GITHUB_ENV cannot set. */
  readonly refused: readonly string[];
  /** The step has failed: names the file and the line. */
  readonly problem?: string;
}

/** GitHub's limit for the outputs of a job and for a summary, and ours for each file. */
export const LARGEST_FILE_BYTES = 1024 * 1024;
/** Temporal takes 2 MiB in one payload. */
const LARGEST_RESULT_BYTES = 1.5 * 1024 * 1024;

/** @param name of the process @throws TransientError when the host is lost */
export async function readHandOver(host: StepHost, name: string): Promise<HandOver> {
  const read = (file: EnvironmentFile): Promise<Buffer> => host.read(name, file, LARGEST_FILE_BYTES + 1);
  const [output, env, path, state, summary] = await Promise.all([read('output'), read('env'), read('path'), read('state'), read('summary')]);
  const problems: string[] = [];
  // One file that is wrong takes nothing from the others, as on GitHub.
  const values = (bytes: Buffer, file: EnvFileName): Readonly<Record<string, string>> => attempt(() => parseEnvFile(text(bytes, file), file), ({ before }) => before, problems);
  const handOver = {
    outputs: values(output, 'GITHUB_OUTPUT'),
    ...allowedEnv(values(env, 'GITHUB_ENV')),
    path: attempt(() => [...parsePathFile(text(path, 'GITHUB_PATH'))].reverse(), () => [], problems),
    state: values(state, 'GITHUB_STATE'),
  };
  if (output.length + env.length + path.length > 0 && Buffer.byteLength(JSON.stringify(handOver)) > LARGEST_RESULT_BYTES) {
    const problem = 'GITHUB_OUTPUT, GITHUB_ENV and GITHUB_PATH together hold more than 1.5 MiB: leave large things in a file';
    return { outputs: {}, env: {}, refused: [], path: [], state: {}, summary, problem };
  }
  return { ...handOver, summary, ...(problems.length === 0 ? {} : { problem: problems.join('\n') }) };
}

function attempt<T>(read: () => T, instead: (error: EnvFileError) => T, problems: string[]): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EnvFileError)) throw error;
    problems.push(error.message);
    return instead(error);
  }
}

function text(bytes: Buffer, name: string): string {
  if (bytes.length <= LARGEST_FILE_BYTES) return bytes.toString('utf8');
  throw new EnvFileError(`${name} holds more than 1 MiB, the most that a step may hand over: leave large things in a file`);
}
