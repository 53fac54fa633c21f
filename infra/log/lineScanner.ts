/**
 * Finds the lines of a stream that may be commands, without splitting the others: text in which no line starts with `::` and no `##[` stands is
 * passed on as it came. The same bytes give the same lines, wherever the chunks break.
 *
 * 1. Lines end with LF, CR, or both.
 * 2. A line that starts with `::` or `##[` is taken whole; of another, what is from its first `##[` on.
 * 3. What may still become such a line is kept back until its end; what grows too long for a command is passed on.
 */
import { breakEnd, CR, isBreak, LF, lineEnd, LineSearch, openTail } from './lineSearch.js';

export interface LineTaker {
  /** Output that is no command, not always whole lines: `data` from `from` to `to`. The bytes are the caller's again when the chunk has been pushed. */
  pass(data: Buffer, from: number, to: number): void;
  /**
   * A line without its break. `atStart`: it is whole, not what is left of one.
   * @returns false to have it passed on, break and all. A promise is waited for before the stream goes on.
   */
  take(line: Buffer, atStart: boolean): boolean | Promise<boolean>;
  /** Whether a long line that begins like this is to be kept on. */
  worthKeeping(beginning: Buffer): boolean;
  /** Every line is wanted. May change from line to line. */
  readonly all: boolean;
}

export interface ScannerLimits {
  /** Bytes after which a line is kept only if it is worth it. */
  readonly doubtful: number;
  /** Bytes after which no line is kept. */
  readonly most: number;
}

/** A line in `data`, from `from` to its break at `end`, and what earlier chunks had of it. */
interface LinePlace {
  readonly before?: Buffer;
  readonly data: Buffer;
  readonly from: number;
  readonly end: number;
}

export class LineScanner {
  /** Where in its line the next byte is. `rest`: in one that was too long. */
  #at: 'start' | 'middle' | 'rest' = 'start';
  readonly #kept = new Kept();
  /** The last byte was a CR: an LF that follows belongs to it, and is dropped with the line that was taken. */
  #afterCr: 'pass' | 'drop' | undefined;

  constructor(private readonly taker: LineTaker, private readonly limits: ScannerLimits) {}

  /** A promise must be waited for before the next call. */
  push(chunk: Buffer): void | Promise<void> {
    const kept = this.#kept;
    if (kept.bytes === 0) return this.#scan(chunk, 0);
    if (kept.open) return this.#scan(Buffer.concat([kept.release(), chunk]), 0);
    const end = lineEnd(chunk, 0);
    if (end < 0) return this.#keep(chunk, kept.atStart, false);
    const next = this.#take({ before: kept.release(), data: chunk, from: 0, end }, kept.atStart);
    return next instanceof Promise ? next.then((at) => this.#scan(chunk, at)) : this.#scan(chunk, next);
  }

  /** The stream's last line may have no break. */
  end(): void | Promise<void> {
    const { open, atStart } = this.#kept;
    const line = this.#kept.release();
    if (line.length === 0) return undefined;
    const settle = (taken: boolean): void => void (taken || this.#pass(line, 0, line.length));
    const taken = !open && this.#isTaken(line, atStart);
    return taken instanceof Promise ? taken.then(settle) : settle(taken);
  }

  #scan(data: Buffer, from: number, search = new LineSearch(data)): void | Promise<void> {
    for (let at = this.#skipLf(data, from); at < data.length;) {
      const next = this.#step(data, at, search);
      if (next instanceof Promise) return next.then((behind) => this.#scan(data, behind, search));
      at = next;
    }
    return undefined;
  }

  /** Goes on to behind the next line that is wanted. */
  #step(data: Buffer, at: number, search: LineSearch): number | Promise<number> {
    if (this.#at === 'rest') return this.#passLine(data, at);
    const wanted = this.taker.all && this.#at === 'start' ? { from: at, atStart: true } : search.next(at, this.#at === 'start');
    if (wanted === undefined) return this.#passAndKeep(data, at);
    this.#pass(data, at, wanted.from);
    const end = lineEnd(data, wanted.from);
    if (end >= 0) return this.#take({ data, from: wanted.from, end }, wanted.atStart);
    this.#keep(data.subarray(wanted.from), wanted.atStart, false);
    return data.length;
  }

  #passLine(data: Buffer, at: number): number {
    const end = lineEnd(data, at);
    const next = end < 0 ? data.length : breakEnd(data, end);
    this.#pass(data, at, next);
    return next;
  }

  #passAndKeep(data: Buffer, at: number): number {
    const atStart = this.#at === 'start';
    const from = openTail(data, at, atStart);
    this.#pass(data, at, from);
    this.#keep(data.subarray(from), this.#at === 'start', true);
    return data.length;
  }

  /** @returns behind the line's break */
  #take(place: LinePlace, atStart: boolean): number | Promise<number> {
    const rest = place.data.subarray(place.from, place.end);
    const taken = this.#isTaken(place.before === undefined ? rest : Buffer.concat([place.before, rest]), atStart);
    return taken instanceof Promise ? taken.then((result) => this.#settle(result, place)) : this.#settle(taken, place);
  }

  #isTaken(line: Buffer, atStart: boolean): boolean | Promise<boolean> {
    return this.#isTooLong(line.length, () => line) ? false : this.taker.take(line, atStart);
  }

  #isTooLong(length: number, line: () => Buffer): boolean {
    const { most, doubtful } = this.limits;
    return length > most || (length > doubtful && !this.taker.worthKeeping(line().subarray(0, doubtful)));
  }

  #settle(taken: boolean, { before, data, from, end }: LinePlace): number {
    const next = breakEnd(data, end);
    if (taken) {
      this.#at = 'start';
      this.#afterCr = data[next - 1] === CR ? 'drop' : undefined;
    } else {
      if (before !== undefined) this.#pass(before, 0, before.length);
      this.#pass(data, from, next);
    }
    return next;
  }

  #skipLf(data: Buffer, at: number): number {
    if (this.#afterCr === undefined || data[at] !== LF) return at;
    if (this.#afterCr === 'pass') this.#pass(data, at, at + 1);
    this.#afterCr = undefined;
    return at + 1;
  }

  #pass(data: Buffer, from: number, to: number): void {
    if (from >= to) return;
    const last = data[to - 1]!;
    this.taker.pass(data, from, to);
    if (isBreak(last)) this.#at = 'start';
    else if (this.#at === 'start') this.#at = 'middle';
    this.#afterCr = last === CR ? 'pass' : undefined;
  }

  #keep(bytes: Buffer, atStart: boolean, open: boolean): void {
    if (bytes.length === 0) return;
    const kept = this.#kept;
    const doubtful = kept.bytes <= this.limits.doubtful || kept.bytes + bytes.length > this.limits.most;
    kept.add(bytes, atStart, open);
    if (!doubtful || !this.#isTooLong(kept.bytes, () => kept.all())) return;
    const line = kept.release();
    this.#pass(line, 0, line.length);
    this.#at = 'rest';
  }
}

/** What is kept back: the beginning of a line that is wanted or (`open`) may turn out to be. Copies: the chunks are the caller's. */
class Kept {
  bytes = 0;
  open = false;
  atStart = true;
  #pieces: Buffer[] = [];

  add(bytes: Buffer, atStart: boolean, open: boolean): void {
    this.#pieces.push(Buffer.from(bytes));
    this.bytes += bytes.length;
    this.atStart = atStart;
    this.open = open;
  }

  all(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  release(): Buffer {
    const all = this.all();
    this.#pieces = [];
    this.bytes = 0;
    this.open = false;
    return all;
  }
}
