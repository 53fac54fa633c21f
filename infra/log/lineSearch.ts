/** Where lines that may be commands begin and end in a piece of output. */

export const LF = 0x0a;
export const CR = 0x0d;
const [TAB, VT, FF, SPACE, HASH, COLON] = [0x09, 0x0b, 0x0c, 0x20, 0x23, 0x3a] as const;
const COLONS = Buffer.from('::');
const HASHES = Buffer.from('##[');
/** Up to here a loop is faster than two searches. */
const SHORT = 256;

export interface Candidate {
  readonly from: number;
  /** It begins its line. */
  readonly atStart: boolean;
}

export function isBreak(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === VT || byte === FF;
}

/** The index of the next line break; -1 when there is none. */
export function lineEnd(data: Buffer, from: number): number {
  const until = Math.min(data.length, from + SHORT);
  for (let at = from; at < until; at++) if (isBreak(data[at])) return at;
  if (until === data.length) return -1;
  const lf = data.indexOf(LF, until);
  const cr = data.subarray(until, lf < 0 ? data.length : lf).indexOf(CR);
  return cr < 0 ? lf : until + cr;
}

/** Behind the line break at `end`. */
export function breakEnd(data: Buffer, end: number): number {
  return data[end] === CR && data[end + 1] === LF ? end + 2 : end + 1;
}

/** Searches one piece from its beginning to its end; what was found ahead is kept. */
export class LineSearch {
  #colons: Candidate | undefined;
  #hashes: Candidate | undefined;
  #text: string | undefined;

  constructor(private readonly data: Buffer) {}

  /**
   * The next line that starts with `::` or `##[`, or else the next `##[`.
   * @param startsLine whether `from` is the beginning of a line; if not, what is there is no line's start
   */
  next(from: number, startsLine: boolean): Candidate | undefined {
    if (this.#colons === undefined || this.#colons.from < from) this.#colons = this.#findColons(from, startsLine);
    if (this.#hashes === undefined || this.#hashes.from < from) this.#hashes = this.#findHashes(from, startsLine);
    const [colons, hashes] = [this.#colons, this.#hashes];
    const first = hashes.from < colons.from ? hashes : colons;
    return first.from === Infinity ? undefined : first;
  }

  #findColons(from: number, startsLine: boolean): Candidate {
    let at = this.data.indexOf(COLONS, from);
    while (at >= 0) {
      const start = lineStart(this.data, at, from, startsLine);
      if (start !== undefined) return { from: start, atStart: true };
      // Where there are many, as in the names of C++, a search in a string is ten times as fast.
      this.#text ??= this.data.toString('latin1');
      at = this.#text.indexOf('::', at + COLONS.length);
    }
    return { from: Infinity, atStart: true };
  }

  #findHashes(from: number, startsLine: boolean): Candidate {
    const at = this.data.indexOf(HASHES, from);
    if (at < 0) return { from: Infinity, atStart: false };
    const start = lineStart(this.data, at, from, startsLine);
    return { from: start ?? at, atStart: start !== undefined };
  }
}

/** The start of the line of which there is only white space before `at`. */
function lineStart(data: Buffer, at: number, from: number, startsLine: boolean): number | undefined {
  let start = at;
  while (start > from && isSpace(data[start - 1])) start--;
  return (start === from && startsLine) || (start > from && isBreak(data[start - 1])) ? start : undefined;
}

/** Where the end of the data begins that may become a line that is searched for: white space, `:`, `#` and `##`. Its length when there is none. */
export function openTail(data: Buffer, from: number, startsLine: boolean): number {
  let mark = data.length;
  while (mark > from && data.length - mark < 2 && data[mark - 1] === HASH) mark--;
  const hashes = mark;
  if (mark === data.length && mark > from && data[mark - 1] === COLON) mark--;
  return lineStart(data, mark, from, startsLine) ?? hashes;
}
