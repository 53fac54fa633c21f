/**
 * The ledger of effects: one JSON line for each thing that really happened at a provider, a registry or a discovery service.
 * Append-only, and read by nobody but tests and people: it proves that nothing was made twice. It is not state.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ClusterName, RunId } from '../language/ids.js';
import { stateDir } from './paths.js';

export type Effect =
  | 'create-network' | 'delete-network'
  | 'create-server' | 'start-server' | 'delete-server'
  | 'create-services' | 'start-services' | 'delete-services'
  | 'set-up-machine'
  | 'create-discovery-url'
  | 'build-image' | 'push-image'
  | 'delete-volume'
  | 'submit-unit' | 'load-unit' | 'start-unit' | 'restart-unit' | 'delete-unit'
  | 'import-database';

export interface EffectRecord {
  readonly effect: Effect;
  readonly cluster: ClusterName;
  /** What it happened to, unique within effect and cluster: `core01`, `web@03.service`, an image's name. */
  readonly key: string;
  /** The run that did it; absent where only the cluster is known (teardown). */
  readonly run?: RunId;
}

export interface LedgerEntry extends EffectRecord {
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** The ledger's file. */
export function ledgerPath(): string {
  return stateDir('ledger.jsonl');
}

/**
 * Appends one effect. Call it after the effect has been confirmed, and only by whoever caused it ("it was there already" is no
 * effect). One `write` with O_APPEND, so that lines of several processes never mix. Synchronous, so that nothing can come
 * between the confirmation and the line. A ledger that cannot be written never fails what it reports on.
 */
export function recordEffect(effect: EffectRecord): void {
  const line = `${JSON.stringify({ at: new Date().toISOString(), ...effect })}\n`;
  try {
    append(line);
  } catch {
    // A full disk shows itself where something matters.
  }
}

function append(line: string): void {
  const path = ledgerPath();
  if (!existsSync(path)) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  appendFileSync(path, line, { flag: 'a', mode: 0o600 });
}

/** The ledger's entries, oldest first, of one cluster or of all; a line cut short by a crash is skipped. An empty list when there is no ledger. */
export function readLedger(cluster?: ClusterName): readonly LedgerEntry[] {
  if (!existsSync(ledgerPath())) return [];
  return readFileSync(ledgerPath(), 'utf8').split('\n').flatMap(parseEntry)
    .filter((entry) => cluster === undefined || entry.cluster === cluster);
}

function parseEntry(line: string): LedgerEntry[] {
  try {
    return line ? [JSON.parse(line) as LedgerEntry] : [];
  } catch {
    return [];
  }
}
