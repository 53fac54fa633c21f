/** Runs a program of the journal (`programs.ts`) on whatever host the transport reaches. */
import { PermanentError, TransientError } from '../errors.js';
import type { ExecOptions, ExecResult, Transport } from '../transport.js';

/** Milliseconds that a program which does not wait for a step may take. */
export const SHORT_MS = 30_000;

/** @param args `$1...`; the first names the folder @param prefix put before the shell @throws TransientError, PermanentError when it fails */
export async function runProgram(
  transport: Transport, text: string, args: readonly string[], options: ExecOptions = {}, prefix: readonly string[] = [],
): Promise<ExecResult> {
  const result = await transport.exec([...prefix, 'sh', '-c', text, 'sh', ...args], { timeoutMs: SHORT_MS, ...options });
  if (result.exitCode === 0) return result;
  const said = result.stderr.trim().slice(-1000);
  if (result.exitCode === null) throw new TransientError(`a program of the step's journal was ended by a signal: ${said}`);
  throw notKept(args[0] ?? '', said || `exit code ${result.exitCode}`);
}

/** The journal of a step cannot be written. */
export function notKept(folder: string, why: string, cause?: unknown): PermanentError {
  return new PermanentError(`the step's journal in ${folder} cannot be kept: ${why}`,
    'Make room on that disk, give the right to write there, or install what is missing.', { cause });
}

/** A step's process is gone, and how it ended could not be written down. */
export function resultLost(folder: string, why: string): PermanentError {
  return new PermanentError(`the step's result is lost, since nothing can be written in ${folder}: ${why}`, 'Make room on that disk, or give the right to write there.');
}
