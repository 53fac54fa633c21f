/** The one place that turns an error into an exit code and a message for a person. */
import { InvalidInputError } from '../infra/errors.js';
import { TemporalUnreachableError } from '../infra/temporal/reach.js';
import { InvalidIdError } from '../language/ids.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { cleanLine } from './progress/text.js';

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A file or its inputs are invalid; the message is the diagnostics, a line each. Nothing was started. */
export class InvalidFileError extends Error {
  override readonly name = 'InvalidFileError';
}

/** What was asked for cannot be done now (another run holds the cluster, a run is still open). The message says what to do. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

export interface Told { readonly exitCode: ExitCode; readonly message: string }

/** What to print on stderr and exit with. @param debug with the stack @default false */
export function tell(error: unknown, debug = false): Told {
  const exitCode = exitCodeOf(error);
  const text = debug && error instanceof Error ? error.stack ?? error.message : messageOf(error);
  return { exitCode, message: text.split('\n').map((line) => cleanLine(line, false)).join('\n') };
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof InvalidFileError || error instanceof InvalidIdError || error instanceof InvalidInputError) return EXIT.invalid;
  if (error instanceof TemporalUnreachableError || grpcCode(error) === GRPC.unavailable || grpcCode(error) === GRPC.deadlineExceeded) return EXIT.unreachable;
  return EXIT.failed;
}

function messageOf(error: unknown): string {
  const code = grpcCode(error);
  if (!(error instanceof TemporalUnreachableError)) {
    if (code === GRPC.unavailable || code === GRPC.deadlineExceeded) return 'Temporal does not answer any more\n  `fleetwright doctor` says why; `fleetwright status` shows what runs.';
    if (isRefused(error)) return 'Temporal refused our credentials\n  Check TEMPORAL_API_KEY, the TLS variables and the namespace.';
  }
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

const GRPC = { deadlineExceeded: 4, permissionDenied: 7, unavailable: 14, unauthenticated: 16 } as const;

/** The gRPC status of an error of Temporal's client, wherever in the chain of causes it is. */
export function grpcCode(error: unknown): number | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'number' && 'details' in at) return at.code;
  }
  return undefined;
}

/** Whether the server answered, and does not let us: that does not pass by itself. */
export function isRefused(error: unknown): boolean {
  const code = grpcCode(error);
  return code === GRPC.permissionDenied || code === GRPC.unauthenticated;
}

/** Whether the server (and not the worker) is what did not answer. */
export function isServerGone(error: unknown): boolean {
  return grpcCode(error) === GRPC.unavailable;
}
