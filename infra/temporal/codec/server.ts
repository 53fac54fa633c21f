/**
 * A codec server for the Temporal UI: it decodes what our codecs encoded, for the person at this host. Loopback only.
 * @see https://docs.temporal.io/production-deployment/data-encryption
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { PermanentError } from '../../errors.js';

export interface CodecServerOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** Of the UIs that may ask: `http://127.0.0.1:8233`. */
  readonly origins: readonly string[];
  /** In the order in which they encode. */
  readonly codecs: readonly PayloadCodec[];
}

export interface CodecServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A payload as JSON has it: bytes in base64. */
interface JsonPayload { readonly metadata?: Readonly<Record<string, string>>; readonly data?: string }

const MOST_BYTES = 64 * 1024 * 1024;

class RequestError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** @throws PermanentError when the port cannot be had */
export async function startCodecServer({ port, origins, codecs }: CodecServerOptions): Promise<CodecServer> {
  const server = createServer((request, response) => void answer(request, response, origins, codecs));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new PermanentError(`the codec server cannot listen at 127.0.0.1:${port}: ${error.message}`, 'Give another port: --port, and FLEETWRIGHT_CODEC_PORT for the UI.')));
    server.listen(port, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => { server.close(() => resolve()); });
}

async function answer(request: IncomingMessage, response: ServerResponse, origins: readonly string[], codecs: readonly PayloadCodec[]): Promise<void> {
  const say = (status: number, value?: unknown): void => {
    response.writeHead(status, value === undefined ? {} : { 'content-type': 'application/json' }).end(value === undefined ? undefined : JSON.stringify(value));
  };
  try {
    allow(request, response, origins);
    if (request.method === 'OPTIONS') return say(204);
    say(200, { payloads: (await coded(request, codecs)).map(toJson) });
  } catch (error) {
    request.resume();
    say(error instanceof RequestError ? error.status : 400, { message: (error as Error).message });
  }
}

/** A page of another origin, or one that reached us under another name, is told nothing. */
function allow({ headers }: IncomingMessage, response: ServerResponse, origins: readonly string[]): void {
  if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(headers.host ?? '')) throw new RequestError(403, 'ask for 127.0.0.1');
  if (headers.origin === undefined) return;
  if (!origins.includes(headers.origin)) throw new RequestError(403, `${headers.origin} is not the Temporal UI: its origin is ${origins.join(' or ')}`);
  response.setHeader('access-control-allow-origin', headers.origin).setHeader('vary', 'origin')
    .setHeader('access-control-allow-methods', 'POST, OPTIONS').setHeader('access-control-allow-headers', 'content-type, x-namespace, authorization')
    .setHeader('access-control-allow-private-network', 'true');
}

async function coded(request: IncomingMessage, codecs: readonly PayloadCodec[]): Promise<Payload[]> {
  const way = /^\/(encode|decode)\/?(?:\?|$)/.exec(request.url ?? '')?.[1];
  if (way === undefined) throw new RequestError(404, 'there are /encode and /decode');
  if (request.method !== 'POST') throw new RequestError(405, 'use POST');
  let payloads = payloadsOf(await bodyOf(request));
  for (const codec of way === 'encode' ? codecs : [...codecs].reverse()) payloads = await codec[way as 'encode' | 'decode'](payloads);
  return payloads;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if ((size += chunk.length) > MOST_BYTES) throw new RequestError(413, `more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function payloadsOf(body: string): Payload[] {
  const { payloads } = JSON.parse(body) as { payloads?: readonly JsonPayload[] };
  if (!Array.isArray(payloads)) throw new RequestError(400, 'give {"payloads": [{"metadata": {}, "data": ""}]}');
  return (payloads as readonly JsonPayload[]).map(({ metadata = {}, data = '' }) => ({
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])), data: Buffer.from(data, 'base64'),
  }));
}

function toJson({ metadata, data }: Payload): JsonPayload {
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
    data: Buffer.from(data ?? []).toString('base64'),
  };
}
