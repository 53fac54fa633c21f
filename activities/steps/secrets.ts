/**
 * A job's secrets while a segment runs, and what of their like may leave the host.
 *
 * 1. A record that leaves the host holds no secret: an output or a variable with one in it is sealed with a key that stays here.
 * 2. An output of a job with a secret in it is left out, as on GitHub: another job may run anywhere.
 */
import type { RunId } from '../../language/ids.js';
import type { StepRecord } from '../../language/record.js';
import { Masker } from '../../infra/log/masker.js';
import { loadSecrets } from '../../infra/secrets/load.js';
import { secretsSince } from '../../infra/secrets/runSecrets.js';
import { isSealed, seal, unseal } from '../../infra/secrets/sealer.js';

type Texts = Readonly<Record<string, string>>;

export interface JobSecrets {
  /** By name in upper case. */
  readonly values: Texts;
  /** The record as it may stand in the history. */
  sealed(record: StepRecord, masker: Masker): StepRecord;
  unsealed(record: StepRecord): StepRecord;
  seal(text: string): string;
  /** @throws PermanentError on another host than the one that sealed it */
  unseal(text: string): string;
  /** The text as it may stand in the history: sealed when one of the parts of which it was made holds a secret. */
  guarded(text: string, parts: readonly string[], masker: Masker): string;
  /** The job's outputs without those that hold a secret. */
  handedOut(outputs: Texts, masker: Masker, warn: (line: string) => void): Texts;
}

/** Segments of one run follow each other within moments: what a command fetched serves for this long. */
const KEPT_MS = 5 * 60_000;
const kept = new Map<RunId, { readonly values: Promise<Texts>; readonly since: number; readonly given: number }>();

/** @throws what `loadSecrets` throws */
export async function jobSecrets(run: RunId): Promise<JobSecrets> {
  const values = await recent(run);
  const each = (texts: Texts, change: (text: string) => string): Texts => Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, change(text)]));
  const change = (record: StepRecord, by: (text: string) => string): StepRecord => ({
    ...record,
    outputs: each(record.outputs, by),
    ...(record.env ? { env: each(record.env, by) } : {}),
    ...(record.path ? { path: record.path.map(by) } : {}),
  });
  const guarded: JobSecrets['guarded'] = (text, parts, masker) => (parts.some((part) => masker.mask(part) !== part) ? seal(run, text) : text);
  return {
    values, guarded,
    seal: (text) => seal(run, text),
    unseal: (text) => unseal(run, text),
    sealed: (record, masker) => {
      const closed = change(record, (text) => guarded(text, [text], masker));
      return { ...closed, name: masker.mask(record.name), ...(record.error === undefined ? {} : { error: masker.mask(record.error).slice(-4096) }) };
    },
    unsealed: (record) => change(record, (text) => (isSealed(text) ? unseal(run, text) : text)),
    handedOut: (outputs, masker, warn) => Object.fromEntries(Object.entries(outputs).filter(([name, text]) => {
      const clean = masker.mask(text) === text;
      if (!clean) warn(`warning: the job's output '${name}' is left out since it may hold a secret`);
      return clean;
    })),
  };
}

/** Hides the run's secrets. One that cannot be fetched is nowhere to be hidden. */
export async function runMasker(run: RunId): Promise<Masker> {
  const masker = new Masker();
  for (const secret of Object.values(await recent(run).catch(() => ({})))) masker.add(secret);
  return masker;
}

function recent(run: RunId): Promise<Texts> {
  const now = performance.now();
  for (const [id, { since }] of kept) if (now - since > KEPT_MS) kept.delete(id);
  const known = kept.get(run);
  const given = secretsSince(run);
  // A resume may give others.
  if (known?.given === given) return known.values;
  const values = loadSecrets(run).then((secrets) => Object.fromEntries([...secrets].map(([name, secret]) => [name, secret.reveal()])));
  kept.set(run, { values, since: now, given });
  values.catch(() => kept.delete(run));
  return values;
}
