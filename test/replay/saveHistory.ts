/** Writes a history into a file, without what says whose machine it was recorded on: payloads are decoded, and their texts cleaned. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { packagePath } from '../../infra/paths.js';
import { payloadCodecs } from '../../infra/temporal/payloads.js';
import { decodedPayload, isWirePayload, type WirePayload } from '../wirePayload.js';

export interface HistoryRequest {
  readonly client: Client;
  readonly workflowId: string;
  /** The first of several executions with that id. @default the latest */
  readonly runId?: string | undefined;
  /** Folders that belong to the recording alone, by what stands for them. */
  readonly folders?: Readonly<Record<string, string>>;
}

/** @throws Error when the file is there: histories are append-only */
export async function saveHistory(path: string, { client, workflowId, runId, folders = {} }: HistoryRequest): Promise<void> {
  if (existsSync(path)) throw new Error(`${path} is there already: histories are append-only`);
  const json = JSON.parse(historyToJSON(await client.workflow.getHandle(workflowId, runId).fetchHistory())) as unknown;
  const cleaned = await cleanPayloads(json, cleaner(folders));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(cleaned, null, 1)}\n`);
}

type Clean = (text: string) => string;

function cleaner(folders: Readonly<Record<string, string>>): Clean {
  const said: readonly (readonly [string, string])[] = [...Object.entries(folders), [packagePath(), '/fleetwright'], [homedir(), '/home/user']];
  const longestFirst = [...said].sort(([one], [other]) => other.length - one.length);
  return (text) => {
    const paths = longestFirst.reduce((rest, [folder, name]) => rest.replaceAll(folder, name), text);
    return paths.replace(new RegExp(`^(\\d+)@${hostname()}$`), '$1@host').replaceAll(`"actor":"${userInfo().username}"`, '"actor":"user"');
  };
}

async function cleanPayloads(value: unknown, clean: Clean): Promise<unknown> {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return Promise.all(value.map((item) => cleanPayloads(item, clean)));
  if (typeof value !== 'object' || value === null) return value;
  if (isWirePayload(value)) return cleanPayload(value, clean);
  const entries = await Promise.all(Object.entries(value).map(async ([key, item]) => [key, await cleanPayloads(item, clean)] as const));
  return Object.fromEntries(entries);
}

async function cleanPayload(wire: WirePayload, clean: Clean): Promise<WirePayload> {
  const decoded = await decodedPayload(wire);
  let payload: Payload = { ...decoded, data: Buffer.from(clean(Buffer.from(decoded.data!).toString())) };
  for (const codec of payloadCodecs()) payload = (await codec.encode([payload]))[0]!;
  const base64 = (data: Uint8Array): string => Buffer.from(data).toString('base64');
  return { metadata: Object.fromEntries(Object.entries(payload.metadata!).map(([key, data]) => [key, base64(data)])), data: base64(payload.data!) };
}
