/** HTTP/1.1 over any stream: a Unix socket behind SSH, a forwarded port, or a plain TCP connection. */
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { TransientError } from './errors.js';

export interface HttpRequest {
  /** Makes the stream; it is used for this one request and closed after it. */
  readonly connect: () => Promise<Duplex>;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With its query, percent-encoded. */
  readonly path: string;
  /** Value of the Host header. */
  readonly host: string;
  readonly body?: { readonly type: string; readonly text: string };
  /** Milliseconds for connection, request and answer together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * Does not throw for a status, whatever it is.
 * @throws TransientError when there is no whole answer in time; the signal's reason when it is aborted
 */
export async function httpOverStream(asked: HttpRequest): Promise<HttpAnswer> {
  const what = `${asked.method} ${asked.host}${asked.path}`;
  asked.signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(asked.timeoutMs);
  const signal = asked.signal ? AbortSignal.any([asked.signal, timeout]) : timeout;
  try {
    const stream = await connected(asked.connect, signal);
    return await exchange(asked, stream, signal);
  } catch (error) {
    asked.signal?.throwIfAborted();
    if (timeout.aborted) throw new TransientError(`${what} had no answer after ${asked.timeoutMs} ms`);
    if (error instanceof TransientError) throw error;
    throw new TransientError(`${what} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The stream, or the signal's reason; a stream that comes too late is closed. */
function connected(connect: () => Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    connect().then(
      (stream) => {
        signal.removeEventListener('abort', onAbort);
        if (signal.aborted) stream.destroy();
        else resolve(stream);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error as Error);
      },
    );
  });
}

function exchange(asked: HttpRequest, stream: Duplex, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      method: asked.method,
      path: asked.path,
      createConnection: () => stream,
      signal,
      headers: {
        host: asked.host,
        connection: 'close',
        ...(asked.body ? { 'content-type': asked.body.type, 'content-length': Buffer.byteLength(asked.body.text) } : {}),
      },
    });
    outgoing.on('error', reject).on('close', () => stream.destroy());
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) incoming.destroy(new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`));
        else chunks.push(chunk);
      });
      incoming.on('error', reject).on('aborted', () => reject(new Error('the answer was cut off')));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
    outgoing.end(asked.body?.text);
  });
}
