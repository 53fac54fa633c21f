/**
 * The journal of one try of a step, on whatever host the transport reaches: prepare, launch, follow, read.
 *
 * 1. A try's step is started at most once, however often and by however many it is launched.
 * 2. Whoever comes later follows the same process, or reads its result.
 */
import { posix } from 'node:path';
import { PermanentError, TransientError } from '../errors.js';
import type { ExecOptions, ExecResult, Transport } from '../transport.js';
import { ENVIRONMENT_FILES, MARKER } from './environment.js';
import { tryFolder, type JobFolder, type TryName } from './folders.js';
import { FOLLOW, FOLLOWED, HEAD, KEEP, LAUNCH, LIST_TRIES, MAKE_FOLDERS, TAIL, TRY_TO_WRITE } from './programs.js';

/** What there is of a try on the runner. */
export interface TryState extends TryName {
  /** It was started, by somebody. */
  readonly claimed: boolean;
  readonly ended: boolean;
  /** It has its mark of failure. */
  readonly failed: boolean;
}

/** How a step's process ended: with an exit code (128 + n for signal n), or nobody knows, since what keeps the record died too. */
export type TryEnd = { readonly exitCode: number } | 'cut short';

const SHORT_MS = 30_000;

/** All tries of a step, the oldest first. @throws TransientError, PermanentError */
export async function listTries(transport: Transport, job: JobFolder, step: string): Promise<readonly TryState[]> {
  const { stdout } = await program(transport, LIST_TRIES, [job.steps, step]);
  return stdout.split('\n').flatMap((line) => parseTry(line, step)).sort((a, b) => a.attempt - b.attempt || a.number - b.number);
}

function parseTry(line: string, step: string): TryState[] {
  const [folder = '', claimed, ended, failed] = line.split(' ');
  const numbers = /^-(\d+)-(\d+)$/.exec(folder.slice(step.length));
  if (!folder.startsWith(step) || !numbers) return [];
  const [attempt, number] = [Number(numbers[1]), Number(numbers[2])];
  return [{ step, attempt, number, claimed: claimed === '1', ended: ended === '1', failed: failed === '1' }];
}

/** Writes what the try will run. Safe to repeat until it is launched. @throws TransientError, PermanentError, CommandError */
export async function prepareTry(
  transport: Transport, job: JobFolder, name: TryName, files: { readonly script: string; readonly command: string },
): Promise<void> {
  const folder = tryFolder(job, name);
  await program(transport, MAKE_FOLDERS, [job.workspace, job.temp, folder]);
  await transport.writeFile(scriptPath(folder), files.script, { mode: 0o600 });
  await transport.writeFile(posix.join(folder, 'command'), files.command, { mode: 0o600 });
}

/** The script's path, for the shell. */
export function scriptPath(folder: string): string {
  return posix.join(folder, 'script');
}

/** Starts the prepared step, unless that was done before. @throws TransientError, PermanentError */
export async function launchTry(transport: Transport, folder: string): Promise<void> {
  await program(transport, LAUNCH, [folder, KEEP], {}, marked(folder));
}

/** The environment by which a launcher is seen as part of its step, from before its claim until the step has its own record. */
function marked(folder: string): readonly string[] {
  return ['env', `${MARKER}=${folder}`];
}

/**
 * Gives the log from byte `from` as it grows, in chunks, until the step's own process has ended.
 * @throws TransientError when the runner cannot be reached, and what `onChunk` throws
 */
export async function followTry(
  transport: Transport, folder: string, from: number, onChunk: (chunk: Buffer) => void, signal?: AbortSignal,
): Promise<TryEnd> {
  const failed = new AbortController();
  const take = (chunk: Buffer): void => {
    if (failed.signal.aborted) return;
    try {
      onChunk(chunk);
    } catch (error) {
      failed.abort(error);
    }
  };
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const { exitCode, stderr } = await transport.exec(['sh', '-c', FOLLOW, 'sh', folder, String(from)], { onStdout: take, signal: either });
  failed.signal.throwIfAborted();
  if (exitCode === FOLLOWED.gone) return 'cut short';
  if (exitCode !== FOLLOWED.ended) throw new TransientError(`the step's log could not be followed (${exitCode ?? 'a signal'}): ${stderr.trim().slice(-500)}`);
  return { exitCode: Number((await readHead(transport, posix.join(folder, 'exit'), 20)).toString().trim()) };
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

/** The end of what the step printed, at most `limit` bytes. */
export async function readLogTail(transport: Transport, folder: string, limit: number): Promise<Buffer> {
  return readBytes(transport, TAIL, posix.join(folder, 'log'), limit);
}

/** Marks the try as failed for good. `text` is the reader's own. */
export async function markFailed(transport: Transport, folder: string, text: string): Promise<void> {
  await transport.writeFile(posix.join(folder, 'failed'), text, { mode: 0o600 });
}

/** What `markFailed` wrote. */
export async function readMark(transport: Transport, folder: string): Promise<string> {
  return (await readHead(transport, posix.join(folder, 'failed'), 64 * 1024)).toString();
}

function readHead(transport: Transport, path: string, limit: number): Promise<Buffer> {
  return readBytes(transport, HEAD, path, limit);
}

async function readBytes(transport: Transport, reader: string, path: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await program(transport, reader, [path, String(limit)], { onStdout: (chunk) => void chunks.push(chunk) });
  return Buffer.concat(chunks);
}

async function program(
  transport: Transport, text: string, args: readonly string[], options: ExecOptions = {}, prefix: readonly string[] = [],
): Promise<ExecResult> {
  const result = await transport.exec([...prefix, 'sh', '-c', text, 'sh', ...args], { timeoutMs: SHORT_MS, ...options });
  if (result.exitCode === 0) return result;
  const said = result.stderr.trim().slice(-1000);
  if (result.exitCode === null) throw new TransientError(`a program of the step's journal was ended by a signal: ${said}`);
  throw new PermanentError(`the step's journal in ${args[0]} cannot be kept: ${said || `exit code ${result.exitCode}`}`,
    'Make room on that disk, give the right to write there, or install what is missing.');
}
