/** Looks at whatever is at an address: Temporal, something else, nothing. */
import { connect } from 'node:net';
import type { Connection } from '@temporalio/client';
import { InvalidInputError, PermanentError } from '../errors.js';
import { connectionOptions } from './connection.js';
import { portOf, type TemporalSettings } from './settings.js';

/** No Temporal server answers. The CLI's exit code 4. */
export class TemporalUnreachableError extends PermanentError {
  override readonly name = 'TemporalUnreachableError';
}

/** gRPC status codes. @see https://grpc.io/docs/guides/status-codes/ */
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/**
 * A connection that has been seen to work, with the namespace known to be there. Close it.
 * @param options.timeoutMs in all. @default 5000
 * @throws TemporalUnreachableError naming the command that starts a server; InvalidInputError when the credentials or the namespace are refused
 */
export async function connectTemporal(
  settings: TemporalSettings, options: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<Connection> {
  const { Connection } = await import('./clientModule.js');
  options.signal?.throwIfAborted();
  const deadline = Date.now() + (options.timeoutMs ?? 5000);
  const connection = Connection.lazy({ ...connectionOptions(settings), connectTimeout: options.timeoutMs ?? 5000 });
  const abandon = (): void => void connection.close();
  options.signal?.addEventListener('abort', abandon, { once: true });
  try {
    await connection.ensureConnected();
    await connection.withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace: settings.namespace }));
    return connection;
  } catch (error) {
    await connection.close();
    options.signal?.throwIfAborted();
    throw refusal(settings, error);
  } finally {
    options.signal?.removeEventListener('abort', abandon);
  }
}

/** Whether Temporal answers there within the time (default 5000 ms). */
export async function isReachable(settings: TemporalSettings, timeoutMs = 5000): Promise<boolean> {
  try {
    const connection = await connectTemporal(settings, { timeoutMs });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

/** What listens on a port of this host: a Temporal server, another program, nothing. */
export async function whatListens(settings: TemporalSettings, signal?: AbortSignal): Promise<'temporal' | 'other' | 'nothing'> {
  if (!(await accepts(portOf(settings)))) return 'nothing';
  try {
    const connection = await connectTemporal(settings, { timeoutMs: 3000, signal });
    await connection.close();
    return 'temporal';
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TemporalUnreachableError) return (await accepts(portOf(settings))) ? 'other' : 'nothing';
    throw error;
  }
}

/** Whether something accepts connections on a port of 127.0.0.1. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => done(true));
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });
}

function refusal(settings: TemporalSettings, error: unknown): PermanentError {
  const { address, namespace } = settings;
  const { code, details } = grpcError(error);
  if (code === NOT_FOUND) {
    return new InvalidInputError(`the Temporal server at ${address} has no namespace ${JSON.stringify(namespace)}`,
      `Create it: temporal operator namespace create --address ${address} --namespace ${namespace}`);
  }
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED) {
    return new InvalidInputError(`the Temporal server at ${address} refuses these credentials for namespace ${JSON.stringify(namespace)}: ${details}`,
      'Check TEMPORAL_API_KEY or the client certificate, and TEMPORAL_NAMESPACE.');
  }
  return new TemporalUnreachableError(`no Temporal server answers at ${address}${details ? ` (${details})` : ''}`,
    settings.own ? 'Start one with `fleetwright up`.' : 'Check --address or TEMPORAL_ADDRESS, and TEMPORAL_TLS; for one on this host: temporal server start-dev');
}

/** The gRPC error inside what the SDK throws. */
function grpcError(error: unknown): { readonly code: number | undefined; readonly details: string } {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, details } = at as Error & { code?: unknown; details?: unknown };
    if (typeof code === 'number') return { code, details: typeof details === 'string' ? details : at.message };
    if (at.cause === undefined) return { code: undefined, details: at.message };
  }
  return { code: undefined, details: String(error) };
}
