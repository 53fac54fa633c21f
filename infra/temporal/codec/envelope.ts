/** A payload put whole into another one's data, and taken out again: what codecs do, apart from how they change the bytes. */
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

/** A CommonJS package: plain Node finds no names in it. */
const { temporal } = proto;

const WirePayload = temporal.api.common.v1.Payload;

/** The name under which a codec's payloads are known: their metadata `encoding`. */
export function encodingOf(payload: Payload): string | undefined {
  const encoding = payload.metadata?.['encoding'];
  return encoding ? Buffer.from(encoding).toString() : undefined;
}

/** The payload as one run of bytes, its metadata included. */
export function bytesOf(payload: Payload): Uint8Array {
  return WirePayload.encode(payload).finish();
}

/** @throws RangeError, Error for bytes that are no payload */
export function payloadOf(bytes: Uint8Array): Payload {
  const { metadata, data } = WirePayload.decode(bytes);
  return { metadata, data };
}

/** A codec that looks at one payload at a time. */
export function codecOf(each: { readonly encode: (payload: Payload) => Promise<Payload>; readonly decode: (payload: Payload) => Promise<Payload> }): PayloadCodec {
  return {
    encode: (payloads) => Promise.all(payloads.map(each.encode)),
    decode: (payloads) => Promise.all(payloads.map(each.decode)),
  };
}

/**
 * Whether it is the answer to the query by which the Temporal UI shows a workflow's current details. The UI reads it without a codec; it is
 * never a part of the history.
 */
export function isWorkflowMetadata({ data }: Payload): boolean {
  if (!data || !startsWith(data, '{"definition":{"type":')) return false;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes('{"name":"__temporal_workflow_metadata"');
}

function startsWith(data: Uint8Array, text: string): boolean {
  return Buffer.from(data.subarray(0, text.length)).toString('latin1') === text;
}
