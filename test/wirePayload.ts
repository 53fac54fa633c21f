/** Payloads as `historyToJSON` writes them: metadata and data are bytes in base64. */
import type { Payload } from '@temporalio/common';
import { payloadCodecs } from '../infra/temporal/payloads.js';

export interface WirePayload {
  readonly metadata: Readonly<Record<string, string>>;
  readonly data: string;
}

/** Whether a node of a history's JSON is one. */
export function isWirePayload(node: object): node is WirePayload {
  const { metadata, data } = node as Partial<WirePayload>;
  return metadata?.['encoding'] !== undefined && typeof data === 'string';
}

/** With what the codecs did taken off. @throws PermanentError for one that is damaged, or whose key is not there */
export async function decodedPayload({ metadata, data }: WirePayload): Promise<Payload> {
  let payload: Payload = { metadata: Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, Buffer.from(text, 'base64')])), data: Buffer.from(data, 'base64') };
  for (const codec of [...payloadCodecs()].reverse()) payload = (await codec.decode([payload]))[0]!;
  return payload;
}
