/** SHA-256 of files on a machine, over its transport. */
import { CommandError, TransientError } from '../errors.js';
import type { Transport } from '../transport.js';

/** `xargs` makes as many calls as their number needs. A line is `SUM  PATH` and a NUL. */
const SUMS = ['xargs', '-0', '-r', 'sha256sum', '-z', '--'];
const TIMEOUT_MS = 120_000;

/** In the order of the paths. @throws CommandError when one cannot be read; TransientError */
export async function remoteSums(transport: Transport, paths: readonly string[], signal?: AbortSignal): Promise<readonly Buffer[]> {
  if (paths.length === 0) return [];
  const chunks: Buffer[] = [];
  const { exitCode, stderr } = await transport.exec(SUMS, {
    stdin: `${paths.join('\0')}\0`, onStdout: (chunk) => void chunks.push(chunk), timeoutMs: TIMEOUT_MS, ...(signal ? { signal } : {}),
  });
  if (exitCode === null) throw new TransientError(`${SUMS[3]} was ended by a signal: ${stderr.trim().slice(-500)}`);
  if (exitCode !== 0) throw new CommandError(SUMS, exitCode, stderr);
  return Buffer.concat(chunks).toString().split('\0').filter(Boolean).map((line) => Buffer.from(line.slice(0, 64), 'hex'));
}
