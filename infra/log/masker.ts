/** Hides a job's secrets in whatever is written or shown. */
import { Automaton, type Interval } from './automaton.js';
import { encodingsOf, SHORTEST_SECRET } from './encodings.js';

const MASK = Buffer.from('***');
const NOTHING = Buffer.alloc(0);

/** Masks a stream whose chunks break anywhere. */
export interface MaskStream {
  /** What is sure of the output so far; the chunk itself where nothing of it is hidden. Keeps back at most what may be the beginning of a secret. */
  push(chunk: Buffer): Buffer;
  /** The rest. The stream can be used again. */
  end(): Buffer;
  /** Bytes that are kept back. */
  readonly held: number;
}

/**
 * Replaces every secret, its lines and its encodings by `***`; of matches that overlap or touch, the whole stretch by one. A secret that is added
 * holds from then on, in streams that are open too.
 */
export class Masker {
  readonly #secrets = new Set<string>();
  readonly #patterns = new Set<string>();
  #automaton: Automaton | undefined;

  /** @returns false for what is too short (under 4 characters, or blank) to be hidden: it is skipped, and the caller should warn */
  add(secret: string): boolean {
    if (secret.trim().length < SHORTEST_SECRET) return false;
    if (this.#secrets.has(secret)) return true;
    this.#secrets.add(secret);
    for (const pattern of encodingsOf(secret)) this.#patterns.add(pattern);
    this.#automaton = undefined;
    return true;
  }

  mask(text: string): string {
    if (this.#patterns.size === 0) return text;
    const bytes = Buffer.from(text, 'utf8');
    const found: Interval[] = [];
    this.#current().scan(bytes, 0, 0, found);
    return found.length === 0 ? text : replace(bytes, found, bytes.length, -1).toString('utf8');
  }

  stream(): MaskStream {
    return new Stream(() => (this.#patterns.size === 0 ? undefined : this.#current()));
  }

  #current(): Automaton {
    this.#automaton ??= new Automaton(this.#patterns);
    return this.#automaton;
  }
}

class Stream implements MaskStream {
  #automaton: Automaton | undefined;
  #state = 0;
  #carry: Buffer = NOTHING;
  /** Matches within the carry. */
  #found: Interval[] = [];
  /** How far into the carry reaches a match whose `***` is given out. -1: what was given out last is no match. */
  #maskedTo = -1;

  constructor(private readonly current: () => Automaton | undefined) {}

  get held(): number {
    return this.#carry.length;
  }

  push(chunk: Buffer): Buffer {
    const automaton = this.current();
    if (automaton === undefined || chunk.length === 0) return chunk;
    const data = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let start = this.#carry.length;
    if (automaton !== this.#automaton) {
      this.#automaton = automaton;
      [this.#state, this.#found, start] = [0, [], 0];
    }
    this.#state = automaton.scan(data, start, this.#state, this.#found);
    return this.#giveOut(data, data.length - automaton.depth(this.#state));
  }

  end(): Buffer {
    const rest = this.#giveOut(this.#carry, this.#carry.length);
    [this.#state, this.#maskedTo] = [0, -1];
    return rest;
  }

  /** No match to come begins before `until`; one that is found and begins behind it may still become part of a longer one. */
  #giveOut(data: Buffer, until: number): Buffer {
    const sure = this.#found.filter(({ from }) => from < until);
    this.#found = this.#found.slice(sure.length);
    const out = sure.length === 0 && this.#maskedTo <= 0 ? data.subarray(0, until) : replace(data, sure, until, this.#maskedTo);
    const maskedTo = sure.at(-1)?.to ?? this.#maskedTo;
    this.#maskedTo = maskedTo >= until ? maskedTo - until : -1;
    for (const interval of this.#found) {
      interval.from -= until;
      interval.to -= until;
    }
    this.#carry = until === data.length ? NOTHING : Buffer.from(data.subarray(until));
    return out;
  }
}

/** `data` up to `until` with the intervals masked; what is before `maskedTo` belongs to a match whose mask is given out. */
function replace(data: Buffer, found: readonly Interval[], until: number, maskedTo: number): Buffer {
  const out = Buffer.allocUnsafe(until + MASK.length);
  let [at, length] = [Math.max(maskedTo, 0), 0];
  for (const { from, to } of found) {
    if (from > at) length += data.copy(out, length, at, from);
    if (from > maskedTo) length += MASK.copy(out, length);
    at = Math.max(at, to);
  }
  if (at < until) length += data.copy(out, length, at, until);
  return out.subarray(0, length);
}
