/**
 * The journal of one try of a step, on whatever host the transport reaches: prepare, launch, follow, read.
 *
 * 1. A try's step is started at most once, however often and by however many it is launched.
 * 2. Whoever comes later follows the same process, or reads its result.
 */
import { posix } from 'node:path';
import { TransientError } from '../errors.js';
import type { ExecResult, Transport } from '../transport.js';
import { ENVIRONMENT_FILES, MARKER } from './environment.js';
import type { JobFolder } from './folders.js';
import { FOLLOW, FOLLOWED, HEAD, KEEP, LAUNCH, MAKE_FOLDERS, TRY_TO_WRITE } from './programs.js';
import { runProgram, SHORT_MS } from './runProgram.js';

/** How a step's process ended: with an exit code (128 + n for signal n), or nobody knows, since what keeps the record died too. */
export type TryEnd = { readonly exitCode: number } | 'cut short';

/** What a step runs: its script, and the sh that sets its environment and becomes its shell. */
export interface StepFiles {
  readonly script: string;
  readonly command: string;
}

/** Writes what the step will run. Safe to repeat until it is launched. @param folder of its journal @throws TransientError, PermanentError, CommandError */
export async function prepareStep(transport: Transport, job: JobFolder, folder: string, files: StepFiles): Promise<void> {
  await runProgram(transport, MAKE_FOLDERS, [job.workspace, job.temp, folder]);
  await transport.writeFile(scriptPath(folder), files.script, { mode: 0o600 });
  await transport.writeFile(posix.join(folder, 'command'), files.command, { mode: 0o600 });
}

/** The script's path, for the shell. */
export function scriptPath(folder: string): string {
  return posix.join(folder, 'script');
}

/** Starts the prepared step, unless that was done before. @throws TransientError, PermanentError */
export async function launchTry(transport: Transport, folder: string): Promise<void> {
  await runProgram(transport, LAUNCH, [folder, KEEP], {}, marked(folder));
}

/** The environment by which a launcher is seen as part of its step, from before its claim until the step has its own record. */
function marked(folder: string): readonly string[] {
  return ['env', `${MARKER}=${folder}`];
}

/** How much of a log may wait for a reader that is slower than the transport. */
const WINDOW_BYTES = 8 * 1024 * 1024;

/**
 * Gives the log from byte `from` as it grows, in chunks, until the step's own process has ended. A chunk is given when the one before was taken.
 * @throws TransientError when the runner cannot be reached, and what `onChunk` throws
 */
export async function followTry(
  transport: Transport, folder: string, from: number, onChunk: (chunk: Buffer) => void | Promise<void>, signal?: AbortSignal,
): Promise<TryEnd> {
  for (let offset = from;;) {
    const { exitCode, stderr, bytes } = await followSome(transport, folder, offset, onChunk, signal);
    offset += bytes;
    if (exitCode === FOLLOWED.more) continue;
    if (exitCode === FOLLOWED.gone) return 'cut short';
    if (exitCode === FOLLOWED.ended) return { exitCode: Number((await readHead(transport, posix.join(folder, 'exit'), 20)).toString().trim()) };
    throw new TransientError(`the step's log could not be followed (${exitCode ?? 'a signal'}): ${stderr.trim().slice(-500)}`);
  }
}

/** Follows for a window at most, and until all of that was taken. */
async function followSome(
  transport: Transport, folder: string, from: number, onChunk: (chunk: Buffer) => void | Promise<void>, signal: AbortSignal | undefined,
): Promise<ExecResult & { readonly bytes: number }> {
  const failed = new AbortController();
  let [bytes, taken] = [0, Promise.resolve()];
  const take = (chunk: Buffer): void => {
    bytes += chunk.length;
    taken = taken.then(async () => {
      if (!failed.signal.aborted) await onChunk(chunk);
    }).catch((error: unknown) => failed.abort(error));
  };
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  try {
    const result = await transport.exec(['sh', '-c', FOLLOW, 'sh', folder, String(from), String(WINDOW_BYTES)], { onStdout: take, signal: either });
    await taken;
    failed.signal.throwIfAborted();
    return { ...result, bytes };
  } finally {
    await taken;
  }
}

/** Why nothing can be written beside the journal; undefined when it can. */
export async function whyNotWritable(transport: Transport, folder: string): Promise<string | undefined> {
  const { exitCode, stderr } = await transport.exec(['sh', '-c', TRY_TO_WRITE, 'sh', folder], { timeoutMs: SHORT_MS });
  return exitCode === 0 ? undefined : stderr.trim().slice(-500);
}

export type EnvironmentFile = keyof typeof ENVIRONMENT_FILES;

/** An environment file's first `limit` bytes. Empty when the step left nothing. */
export function readEnvironmentFile(transport: Transport, folder: string, file: EnvironmentFile, limit: number): Promise<Buffer> {
  return readHead(transport, posix.join(folder, ENVIRONMENT_FILES[file]), limit);
}

async function readHead(transport: Transport, path: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await runProgram(transport, HEAD, [path, String(limit)], { onStdout: (chunk) => void chunks.push(chunk) });
  return Buffer.concat(chunks);
}
